/** How busy the machine is with other things, so that a disturbed figure can be told from a slow product. Linux only. */
import { readFile } from 'node:fs/promises';

async function busyTicks(): Promise<number> {
  // proc(5): user nice system idle iowait irq softirq steal …; steal is time that another guest of the host took.
  const [user, nice, system, , , irq, softirq, steal] = (await readFile('/proc/stat', 'utf8'))
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

const sampleMs = 1000;
const ticksPerSecond = 100;

/** Cores in use over the next second, by anything; call it while the bench itself does nothing. */
export async function busyCores(): Promise<number> {
  const startMs = performance.now();
  const before = await busyTicks();
  await new Promise((resolve) => setTimeout(resolve, sampleMs));
  return (((await busyTicks()) - before) / ticksPerSecond) * (1000 / (performance.now() - startMs));
}
