/**
 * What a syslog message costs from its bytes to a finished Native block, by kind of message, and GELF's framing beside it.
 *
 *   node src/receivers/syslog/decode.bench.ts [messages]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import { measureRate } from '#receivers/sample-records.test-support.ts';
import { SyslogDecoder } from './decode.ts';
import { SyslogFrames } from './frames.ts';
import { sourceZone } from './source-zone.ts';

const messageCount = Number(process.argv[2] ?? 100_000);
const perBatch = 1000;
const stamp = { tenant: 'acme', receivedMs: Date.UTC(2026, 5, 1, 12), origin: 64, seq: 1, maxClockSkewMs: 30_000 };

const two = (n: number): string => String(n).padStart(2, '0');
const kinds: Readonly<Record<string, (i: number) => string>> = {
  'RFC 3164': (i) =>
    `<86>Jun  1 11:${two(i % 60)}:${two((i >> 4) % 60)} web-${i % 20} sshd[${1000 + (i % 500)}]: Accepted publickey for deploy from 10.0.${i % 250}.7 port ${i % 60_000} ssh2`,
  'RFC 5424': (i) =>
    `<165>1 2026-06-01T11:${two(i % 60)}:${two((i >> 4) % 60)}.${i % 1000}Z web-${i % 20}.example.com checkout ${1000 + (i % 500)} ID47 - order ${i} paid, total ${i % 997}.50 EUR, took ${i % 300} ms`,
  'RFC 5424 with structured data': (i) =>
    `<165>1 2026-06-01T11:${two(i % 60)}:${two((i >> 4) % 60)}.${i % 1000}Z web-${i % 20} checkout ${1000 + (i % 500)} ID47 [order@32473 id="${i}" currency="EUR" shop="north"][trace@1 id="${i}abc"] order paid`,
  Cisco: (i) =>
    `<189>${i}: *Jun  1 11:${two(i % 60)}:11.123 UTC: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi0/${i % 48}, changed state to up`,
  CEF: (i) =>
    `<134>Jun  1 11:${two(i % 60)}:00 fw-${i % 5} CEF:0|Vendor|Firewall|1.0|100|connection denied|5|src=10.0.0.${i % 250} spt=${i % 60_000} dst=2.1.2.2 dpt=443 proto=TCP act=deny msg=policy ${i % 30} said no`,
};

const { intake } = createFakeIntake();
const source = { tenant: 'acme', receiver: 'syslog', sender: 'bench', content: 'text', format: 'text' } as const;
const { writer, rows } = intake.open(source);
const decoder = new SyslogDecoder(writer.names, sourceZone('Europe/Berlin', 'bench'));

for (const [name, messageOf] of Object.entries(kinds)) {
  const messages = Array.from({ length: messageCount }, (_, i) => Buffer.from(messageOf(i)));
  const batches: { bytes: Uint8Array; view: DataView; ends: number[] }[] = [];
  for (let at = 0; at < messageCount; at += perBatch) {
    const bytes = new Uint8Array(Buffer.concat(messages.slice(at, at + perBatch)));
    let end = 0;
    batches.push({ bytes, view: new DataView(bytes.buffer), ends: messages.slice(at, at + perBatch).map(({ length }) => (end += length)) });
  }
  measureRate(`${name}, decode and finish`, messageCount, () => {
    for (const { bytes, view, ends } of batches) {
      intake.open(source);
      writer.from(bytes, view);
      let start = 0;
      for (const end of ends) {
        writer.begin();
        decoder.decode(writer, { bytes, view, start, end, peer: '10.0.0.1', receivedMs: stamp.receivedMs });
        writer.commit();
        start = end;
      }
      rows.finish(stamp);
    }
  });
}

const stream = Buffer.from(Array.from({ length: messageCount }, (_, i) => `${kinds['RFC 3164'](i)}\n`).join(''));
measureRate('frames, ended by line feeds', messageCount, () => {
  const frames = new SyslogFrames(262_144);
  const buffer = new ReceiveBuffer();
  for (let at = 0; at < stream.length; at += 65_536) {
    buffer.append(stream.subarray(at, at + 65_536));
    while (frames.next(buffer));
  }
});
