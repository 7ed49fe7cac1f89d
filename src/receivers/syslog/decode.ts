/**
 * One syslog message, from bytes to a record: RFC 5424, RFC 3164 as it is really sent, and Cisco's.
 *
 *   <PRI>1 TIME HOST APP PROCID MSGID [STRUCTURED DATA] MSG       RFC 5424, 6
 *   <PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MSG                       RFC 3164, 4.1; each part may be missing
 *   <PRI>SEQ: HOST: *Mmm dd hh:mm:ss.mmm ZONE: %FAC-SEV-NAME: MSG  Cisco IOS, NX-OS, ASA
 *
 * Nothing is ever lost: what is no syslog at all is kept whole as the message, marked `syslog.malformed`. Pure; called by
 * the batcher of receiver.ts for each record of a batch. One instance per worker.
 */
import type { LocalTimes } from '#base/time-zones.ts';
import { recordFields } from '#model/field-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { RecordNames, NameId } from '#model/record-names.ts';
import { parseSeverityBytes } from '#model/severity.ts';
import type { StreamRecord } from '#receivers/stream-decoder.ts';
import { facilityNames, syslogSeverities } from '#model/syslog-numbers.ts';
import { HeaderTime } from './header-time.ts';
import { SecurityEvents } from './security-events.ts';
import { StructuredData } from './structured-data.ts';

const space = 0x20;
const colon = 0x3a;
const less = 0x3c;
const greater = 0x3e;
const dash = 0x2d;
const star = 0x2a;
const dot = 0x2e;
const percent = 0x25;
const open = 0x5b;
const close = 0x5d;

const maxPri = 191;
/** Longest tag looked for; RFC 3164 allows 32, paths and units of systemd are longer. */
const maxTagBytes = 128;
/** A clock that was never set (Cisco's `*`) is believed this far from the receive time. */
const maxUnsetClockSeconds = 86_400;

const textEncoder = new TextEncoder();
/** Names of the facilities one behind the other, and where each begins. */
const facilityBytes = textEncoder.encode(facilityNames.join(''));
const facilityView = new DataView(facilityBytes.buffer);
const facilityStarts = facilityNames.map((_, index) => facilityNames.slice(0, index).join('').length);
const aixPrefix = textEncoder.encode('Message forwarded from ');

export class SyslogDecoder {
  readonly #names: Record<'facility' | 'procid' | 'msgid' | 'sequence' | 'clock' | 'deviceTime' | 'malformed', NameId>;
  readonly #time: HeaderTime;
  readonly #structuredData = new StructuredData();
  readonly #events = new SecurityEvents();
  /** The last peer, as bytes: it is the host of messages that name none. */
  #peer = '';
  #peerBytes = new Uint8Array(0);
  #peerView = new DataView(this.#peerBytes.buffer);
  #writer!: RecordWriter;
  #record!: StreamRecord;
  #bytes!: Uint8Array;
  #end = 0;

  constructor(names: RecordNames, zone: LocalTimes) {
    this.#names = {
      facility: names.own('syslog.facility'),
      procid: names.own('syslog.procid'),
      msgid: names.own('syslog.msgid'),
      sequence: names.own('syslog.sequence'),
      clock: names.own('syslog.clock'),
      deviceTime: names.own('syslog.device_time'),
      malformed: names.own('syslog.malformed'),
    };
    this.#time = new HeaderTime(zone);
  }

  /** Fills the open record; the writer is on the record's bytes. */
  decode(writer: RecordWriter, record: StreamRecord): undefined {
    this.#writer = writer;
    this.#record = record;
    this.#bytes = record.bytes;
    this.#end = trimmedEnd(record.bytes, record.start, record.end);
    const afterPri = this.#priority(record.start);
    if (afterPri >= 0) this.#withPriority(afterPri);
    else if (!this.#withoutPriority()) {
      writer.attributeText(this.#names.malformed, 'true', kinds.boolean);
      writer.message(record.start, this.#end);
    }
    if (!writer.isFilled(recordFields.host)) this.#hostOfPeer();
    return undefined;
  }

  /** Reads `<PRI>` into severity and facility; where the rest begins, -1 where there is none. */
  #priority(start: number): number {
    const bytes = this.#bytes;
    if (!this.#is(start, less)) return -1;
    let pri = 0;
    let at = start + 1;
    for (; at < start + 4 && this.#isDigit(at); at++) pri = pri * 10 + bytes[at] - 0x30;
    if (at === start + 1 || !this.#is(at, greater) || pri > maxPri) return -1;
    const facility = pri >> 3;
    const from = facilityStarts[facility];
    this.#writer.severity(syslogSeverities[pri & 7]);
    this.#writer.from(facilityBytes, facilityView);
    this.#writer.attribute(this.#names.facility, kinds.string, from, from + facilityNames[facility].length);
    this.#writer.from(bytes, this.#record.view);
    return at + 1;
  }

  /** RFC 3164, 4.3.3: a line from a file, or of a sender that leaves it out; it must at least have a time. */
  #withoutPriority(): boolean {
    const { view, start, receivedMs } = this.#record;
    if (!this.#time.read(view, start, this.#end, receivedMs)) return false;
    this.#afterTime();
    return true;
  }

  #withPriority(start: number): void {
    const isVersioned = this.#is(start, 0x31) && this.#isSpace(start + 1);
    if (!isVersioned || !this.#versionOne(start + 2)) this.#legacy(this.#skipSpaces(start));
  }

  /** What follows `<PRI>1 `; false, and nothing done, where it does not go on as RFC 5424 has it. */
  #versionOne(start: number): boolean {
    const { view, receivedMs } = this.#record;
    const time = this.#time;
    if (this.#is(start, dash) && this.#isSpace(start + 1)) {
      this.#header5424(start + 2);
      return true;
    }
    if (this.#isDigit(start) && time.read(view, start, this.#end, receivedMs) && this.#isSpace(time.end)) {
      this.#writer.time(time.high, time.low);
      this.#header5424(time.end + 1);
      return true;
    }
    if (!time.readEpoch(view, start, this.#end)) return false;
    this.#afterTime();
    return true;
  }

  /** HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG */
  #header5424(start: number): void {
    const writer = this.#writer;
    let at = this.#field(start, (from, to) => writer.text(recordFields.host, from, to));
    at = this.#field(at, (from, to) => writer.text(recordFields.service, from, to));
    at = this.#field(at, (from, to) => writer.attribute(this.#names.procid, kinds.string, from, to));
    at = this.#field(at, (from, to) => writer.attribute(this.#names.msgid, kinds.string, from, to));
    if (this.#is(at, dash) && (at + 1 >= this.#end || this.#isSpace(at + 1))) at += 2;
    else if (this.#is(at, open)) {
      const end = this.#structuredData.endOf(this.#record, at, this.#end);
      if (end < 0) writer.attributeText(this.#names.malformed, 'true', kinds.boolean);
      else {
        this.#structuredData.decode(writer, this.#record, at, end);
        at = this.#isSpace(end) ? end + 1 : end;
      }
    }
    if (at + 3 <= this.#end && this.#is(at, 0xef) && this.#is(at + 1, 0xbb) && this.#is(at + 2, 0xbf)) at += 3;
    this.#message(at);
  }

  /** A word of the header, `-` being none; where the next begins. */
  #field(start: number, take: (from: number, to: number) => void): number {
    const end = this.#wordEnd(start);
    if (end > start && !(end === start + 1 && this.#is(start, dash))) take(start, end);
    return Math.min(end + 1, this.#end);
  }

  /** What follows the PRI in everything that is not RFC 5424. */
  #legacy(start: number): void {
    const { view, receivedMs } = this.#record;
    let at = this.#sequence(start);
    const isCisco = at > start;
    const timeStart = this.#timeStart(at);
    if (timeStart < 0) return this.#tagged(at, false);
    if (timeStart > at && !this.#is(at, star) && !this.#is(at, dot)) this.#writer.text(recordFields.host, at, this.#originEnd(at));
    const mark = timeStart > at ? this.#bytes[timeStart - 1] : space;
    at = timeStart;
    this.#time.read(view, at, this.#end, receivedMs);
    if (mark === star || mark === dot) return this.#afterCiscoTime(at, mark);
    this.#afterTime(isCisco);
  }

  /** Cisco's counters: `29: `, `29: 000031: `, or just `: `. */
  #sequence(start: number): number {
    let at = start;
    for (;;) {
      let end = at;
      while (this.#isDigit(end)) end++;
      if (!this.#is(end, colon) || (end === at && at > start)) return at;
      if (end > at && !this.#isSpace(end + 1)) return at;
      if (end > at && at === start) this.#writer.attribute(this.#names.sequence, kinds.number, this.#skipZeros(at, end), end);
      at = this.#skipSpaces(end + 1);
      if (end === start) return at;
    }
  }

  /** A number in JSON has no leading zeros. */
  #skipZeros(start: number, end: number): number {
    let at = start;
    while (at < end - 1 && this.#is(at, 0x30)) at++;
    return at;
  }

  /** Where the time begins, behind Cisco's `*`, `.` or `host: `; -1 where there is none. */
  #timeStart(start: number): number {
    const direct = this.#markedTime(start);
    if (direct >= 0) return direct;
    const origin = this.#originEnd(start);
    return origin < 0 ? -1 : this.#markedTime(origin + 2);
  }

  #markedTime(start: number): number {
    const { view, receivedMs } = this.#record;
    const at = this.#is(start, star) || this.#is(start, dot) ? start + 1 : start;
    return this.#time.read(view, at, this.#end, receivedMs) ? at : -1;
  }

  /** The colon behind a single word, with a space behind it. */
  #originEnd(start: number): number {
    const end = this.#wordEnd(start) - 1;
    return end > start && this.#is(end, colon) ? end : -1;
  }

  /** A clock that is not synchronised says so; one that was never set is not believed where it is far off. */
  #afterCiscoTime(start: number, mark: number): void {
    const { receivedMs } = this.#record;
    const time = this.#time;
    this.#writer.attributeText(this.#names.clock, mark === star ? 'not_set' : 'not_synchronised');
    if (mark === star && Math.abs(time.seconds - receivedMs / 1000) > maxUnsetClockSeconds) {
      this.#writer.attribute(this.#names.deviceTime, kinds.string, start, time.end);
    } else {
      this.#writer.time(time.high, time.low);
    }
    this.#ciscoMessage(time.end);
  }

  /** Takes the time just read, then host and tag. */
  #afterTime(isCisco = false): void {
    const time = this.#time;
    this.#writer.time(time.high, time.low);
    if (isCisco || this.#is(time.end, colon)) return this.#ciscoMessage(time.end);
    const at = this.#host(this.#skipSpaces(time.end));
    this.#tagged(at, true);
  }

  #ciscoMessage(start: number): void {
    this.#tagged(this.#skipSpaces(this.#is(start, colon) ? start + 1 : start), true);
  }

  /** A word is the host unless it looks like a tag. */
  #host(start: number): number {
    let at = start;
    if (this.#startsWith(at, aixPrefix)) at += aixPrefix.length;
    const end = this.#wordEnd(at);
    const isForwarded = at > start && this.#is(end - 1, colon);
    const hostEnd = isForwarded ? end - 1 : end;
    if (!isHostName(this.#bytes, at, hostEnd)) return start;
    this.#writer.text(recordFields.host, at, hostEnd);
    return this.#skipSpaces(end);
  }

  /** TAG, PID and message; `isHeaded`: a time came before, so that a tag is to be expected. */
  #tagged(start: number, isHeaded: boolean): void {
    // ASA: `host : %ASA-6-…`
    const at = this.#is(start, colon) && this.#isSpace(start + 1) ? start + 2 : start;
    if (this.#is(at, percent)) return this.#mnemonic(at);
    if (this.#events.decode(this.#writer, this.#record, at, this.#end)) return;
    const tagEnd = this.#tagEnd(at);
    if (tagEnd === at) return this.#message(at);
    if (this.#is(tagEnd, open)) return this.#pid(at, tagEnd);
    // without a time before it, `error: …` is more likely to be the text
    const isTag = this.#is(tagEnd, colon) && (isHeaded || parseSeverityBytes(this.#record.view, at, tagEnd) === 0);
    if (!isTag || !(tagEnd + 1 === this.#end || this.#isSpace(tagEnd + 1))) return this.#message(at);
    this.#writer.text(recordFields.service, at, tagEnd);
    this.#message(this.#skipSpace(tagEnd + 1));
  }

  /** `TAG[PID]:`, the colon being left out by some. */
  #pid(start: number, tagEnd: number): void {
    const limit = Math.min(this.#end, tagEnd + maxTagBytes);
    let end = tagEnd;
    while (end < limit && !this.#is(end, close)) end++;
    const behind = end + 1;
    const isPid = end < limit;
    if (!isPid || !(behind === this.#end || this.#is(behind, colon) || this.#isSpace(behind))) return this.#message(start);
    this.#writer.text(recordFields.service, start, tagEnd);
    if (end > tagEnd + 1) this.#writer.attribute(this.#names.procid, kinds.string, tagEnd + 1, end);
    this.#message(this.#skipSpace(this.#is(behind, colon) ? behind + 1 : behind));
  }

  /** `%SYS-5-CONFIG_I: …` stays in the text, where people look for it, and is the message id too. */
  #mnemonic(start: number): void {
    const end = this.#tagEnd(start + 1);
    if (end > start + 1 && this.#is(end, colon)) this.#writer.attribute(this.#names.msgid, kinds.string, start + 1, end);
    this.#message(start);
  }

  /** Behind the characters of a tag: up to a colon, a bracket or a space. */
  #tagEnd(start: number): number {
    const limit = Math.min(this.#end, start + maxTagBytes);
    let at = start;
    for (; at < limit; at++) {
      const byte = this.#bytes[at];
      if (byte === colon || byte === open) return at;
      if (byte <= space || byte === 0x22 || byte === 0x7b || byte === 0x3d || byte === 0x7f) return start;
    }
    return start;
  }

  #message(start: number): void {
    const from = Math.min(start, this.#end);
    if (!this.#events.decode(this.#writer, this.#record, from, this.#end)) this.#writer.message(from, this.#end);
  }

  #hostOfPeer(): void {
    const { peer, bytes, view } = this.#record;
    if (peer === '') return;
    if (peer !== this.#peer) {
      this.#peer = peer;
      this.#peerBytes = textEncoder.encode(peer);
      this.#peerView = new DataView(this.#peerBytes.buffer);
    }
    this.#writer.from(this.#peerBytes, this.#peerView);
    this.#writer.text(recordFields.host, 0, this.#peerBytes.length);
    this.#writer.from(bytes, view);
  }

  #is(at: number, byte: number): boolean {
    return at < this.#end && this.#bytes[at] === byte;
  }

  #isDigit(at: number): boolean {
    return at < this.#end && isDigit(this.#bytes[at]);
  }

  #wordEnd(start: number): number {
    let at = start;
    while (at < this.#end && !this.#is(at, space)) at++;
    return at;
  }

  #isSpace(at: number): boolean {
    return at < this.#end && this.#bytes[at] === space;
  }

  #skipSpaces(start: number): number {
    let at = start;
    while (this.#isSpace(at)) at++;
    return at;
  }

  #skipSpace(at: number): number {
    return this.#isSpace(at) ? at + 1 : at;
  }

  #startsWith(start: number, word: Uint8Array): boolean {
    if (this.#end - start < word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.#bytes[start + i] !== word[i]) return false;
    return true;
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Before the line ends and NULs that many senders put at the end. */
function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && (bytes[at - 1] === 0x0a || bytes[at - 1] === 0x0d || bytes[at - 1] === 0)) at--;
  return at;
}

/** Names and addresses, IPv6 too; a colon at the end or a bracket makes it a tag. */
function isHostName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > 255 || bytes[end - 1] === colon) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    if (!isLetter && !isDigit(byte) && byte !== dot && byte !== dash && byte !== 0x5f && byte !== colon) return false;
  }
  return true;
}
