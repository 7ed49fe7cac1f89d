/** Abbreviations of time zones that senders write behind a time. */

/** Minutes east of UTC. Of abbreviations that several zones share, the one that logs mean most often. */
const abbreviations: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  BST: 60,
  IST: 330,
  CET: 60,
  CEST: 120,
  MET: 60,
  MEST: 120,
  MEZ: 60,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  SAST: 120,
  PKT: 300,
  WIB: 420,
  ICT: 420,
  SGT: 480,
  HKT: 480,
  AWST: 480,
  JST: 540,
  KST: 540,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  BRT: -180,
  ART: -180,
  NST: -210,
  NDT: -150,
  AST: -240,
  ADT: -180,
  CLT: -240,
  COT: -300,
  PET: -300,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
};

/** Seconds east of UTC of `CET`, `UTC` …; undefined where it is not known. */
export function offsetOfAbbreviation(name: string): number | undefined {
  return Object.hasOwn(abbreviations, name) ? abbreviations[name] * 60 : undefined;
}

/** Up to five capital letters in one number, five bits each. */
const packed = (text: string): number => [...text].reduce((sum, letter) => sum * 32 + (letter.charCodeAt(0) & 31), 0);

const secondsByName: ReadonlyMap<number, number> = new Map(
  Object.entries(abbreviations).map(([name, minutes]) => [packed(name), minutes * 60]),
);

/** Seconds east of UTC of the abbreviation `start .. end` in capitals; NaN where it is not known. */
export function abbreviationSeconds(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2 || end - start > 5) return NaN;
  let name = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code < 0x41 || code > 0x5a) return NaN;
    name = name * 32 + (code & 31);
  }
  return secondsByName.get(name) ?? NaN;
}
