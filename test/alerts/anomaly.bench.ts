/**
 * What anomalies cost and find: nanoseconds a line, microseconds a window, bytes of a service; precision, recall and false
 * alarms by signal and sensitivity over the generated seasons. `node test/alerts/anomaly.bench.ts [services of each kind]`
 */
import { createAnomaly } from '../../src/alerting/conditions/anomaly.ts';
import { contextOf, matchedLines } from '../../src/alerting/conditions/matched-lines.test-support.ts';
import { sensitivities } from '#alerting/anomaly/sensitivity.ts';
import type { SensitivityName } from '#alerting/anomaly/sensitivity.ts';
import { generateService, incidentKinds, serviceKinds } from './generated-seasons.ts';
import { detectorOf, judgeService, scoreOf, signals, wanted } from './judged-seasons.ts';

const servicesOfKind = Number(process.argv[2] ?? 3);
const services = serviceKinds.flatMap((kind, at) =>
  Array.from({ length: servicesOfKind }, (_, nth) => generateService(kind, at * 100 + nth + 1, 6)),
);
const names = Object.keys(sensitivities) as SensitivityName[];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const row = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);

for (const signal of signals) {
  row([signal, 'precision', 'recall', 'false alarms a week', 'alarms at releases', 'found after', ...wanted[signal]]);
  for (const name of names) {
    const outcomes = services.map((service) => judgeService(service, signal, name));
    const { precision, recall, falseAlarmsPerWeek, releaseAlarms, medianMinutes } = scoreOf(outcomes);
    const recalls = incidentKinds
      .filter((kind) => wanted[signal].includes(kind))
      .map((kind) => {
        const found = outcomes.filter((outcome) => outcome.found.has(kind)).length;
        return percent(found / (found + outcomes.filter(({ missed }) => missed.includes(kind)).length));
      });
    row([name, percent(precision), percent(recall), falseAlarmsPerWeek.toFixed(3), releaseAlarms, `${medianMinutes} min`, ...recalls]);
  }
}

for (const kind of serviceKinds) {
  const of = services.filter((service) => service.kind === kind.name);
  const cells = signals.map((signal) => {
    const { recall, falseAlarmsPerWeek } = scoreOf(of.map((service) => judgeService(service, signal, 'medium')));
    return `${percent(recall)}, ${falseAlarmsPerWeek.toFixed(2)}`;
  });
  row([kind.name, ...cells]);
}

for (const signal of signals) {
  const { windows } = services[0];
  const detector = detectorOf(signal, 'medium');
  const startNs = process.hrtime.bigint();
  for (const window of windows) detector.judge(window);
  const us = Number(process.hrtime.bigint() - startNs) / 1000 / windows.length;
  const saved = JSON.stringify(detector.save()).length;
  console.log(`${signal}: ${us.toFixed(1)} us/window, ${detector.bytes} bytes in memory, ${saved} bytes saved`);
}

const lineCount = 5000;
const lines = Array.from({ length: lineCount }, (_, at) => ({
  atMs: 1_780_000_000_000 + at,
  group: at % 20,
  level: at % 30 === 0 ? 17 : 9,
  pattern: BigInt(1 + (at % 50)),
  attributes: { latency_ms: String((at * 7919) % 2000) },
}));
const matched = matchedLines(lines);
for (const signal of signals) {
  const state = createAnomaly({ kind: 'anomaly', signal }, contextOf());
  for (let warm = 0; warm < 20; warm++) state.take(0, matched);
  const startNs = process.hrtime.bigint();
  const runs = 200;
  for (let at = 0; at < runs; at++) state.take(0, matched);
  console.log(`${signal}: ${(Number(process.hrtime.bigint() - startNs) / runs / lineCount).toFixed(1)} ns/line`);
}
