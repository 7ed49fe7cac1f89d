/**
 * What finding the template of a line costs on one core: settled streams (every key in the cache), and lines whose
 * variable words are new each time (every line compared with templates).
 *
 *   node src/patterns/patterns.bench.ts [lines]
 */
import { PatternMiner } from './pattern-miner.ts';

const lineCount = Number(process.argv[2] ?? 200_000);
const limits = {
  maxTokens: 64,
  maxBytes: 1024,
  minSimilarity: 0.7,
  maxTemplatesPerService: 2000,
  maxServices: 1000,
  cacheEntries: 65_536,
  shapeEntries: 8192,
};

const word = (i: number): string => (i + 17_576).toString(36).replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]);

const shops: readonly ((i: number) => string)[] = [
  (i) => `GET /api/v1/orders/${i * 7919} 200 in ${i % 900} ms for user ${i % 5000}`,
  (i) => `payment ${((i * 2_654_435_761) % 2 ** 32).toString(16)} authorised amount=${i % 1000}.${i % 100} currency=EUR provider=stripe`,
  (i) => `Connection from 10.0.${i % 256}.${(i * 3) % 256}:${1024 + (i % 60_000)} accepted by worker-${i % 16}`,
  (i) => `cache miss for key session:${i}:cart, loading from database took ${i % 50} ms`,
  (i) => `2026-11-21T18:${10 + (i % 50)}:07.${100 + (i % 900)}Z retry ${i % 5} of 5 after timeout of 2.5 s calling inventory-service`,
];

const streams: Readonly<Record<string, (i: number) => string>> = {
  'settled, five statements of a shop': (i) => shops[i % shops.length](i),
  'settled, 300 bytes of words': (i) => `${'the quick brown fox jumps over the lazy dog '.repeat(7)}${i}`,
  'one word new each time': (i) => `user ${word(i)} logged in from 10.0.0.${i % 256} after ${i % 9} attempts`,
};

for (const [name, line] of Object.entries(streams)) {
  const ends: number[] = [];
  const texts: string[] = [];
  let length = 0;
  for (let i = 0; i < lineCount; i++) {
    const text = line(i);
    texts.push(text);
    ends.push((length += text.length));
  }
  const bytes = Buffer.from(texts.join(''));
  const miner = new PatternMiner(limits);
  let best = Infinity;
  for (let round = 0; round < 8; round++) {
    const before = process.cpuUsage();
    let start = 0;
    for (const end of ends) {
      miner.find(bytes, start, end, 1, 2, 'tenant', () => 'shop');
      start = end;
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / lineCount);
  }
  console.log(
    `${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns/line  ${(length / lineCount).toFixed(0).padStart(4)} B/line  ${(1e3 / best).toFixed(2)} M lines/s  ${miner.templates} templates`,
  );
}
