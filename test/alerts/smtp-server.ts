/**
 * A mail server for tests: real TCP, STARTTLS or TLS, AUTH PLAIN and LOGIN, and every way of failing at every step. It keeps what
 * it took, and each command it was given. (RFC 5321, RFC 3207, RFC 4954)
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body as sent, dots unstuffed. */
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

export type Step = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'end';

/** What it does at a step in place of taking it: answers, never answers, or breaks the connection. For `rcpt`, to whom. */
export interface Fault {
  readonly at: Step;
  readonly what: 'stall' | 'drop' | { readonly reply: string };
  readonly recipient?: string;
  /** Faults happen once; or for ever. */
  readonly always?: boolean;
}

export interface MailServerOptions {
  /** Paths of a certificate and its key; without them there is no TLS. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** TLS from the first byte. */
  readonly secure?: boolean;
  /** Who may send; anybody without logging in where absent. */
  readonly login?: { readonly user: string; readonly password: string };
}

export interface MailServer {
  readonly port: number;
  readonly mails: TakenMail[];
  readonly commands: string[];
  readonly faults: Fault[];
}

export async function startMailServer(t: TestContext, options: MailServerOptions = {}): Promise<MailServer> {
  const mails: TakenMail[] = [];
  const commands: string[] = [];
  const faults: Fault[] = [];
  const open = new Set<Socket>();
  const tls = options.certificate && {
    cert: readFileSync(options.certificate.certificate),
    key: readFileSync(options.certificate.key),
  };
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    const session = new Session({ options, tls, mails, commands, faults });
    if (options.secure === true) session.secure(socket);
    else session.serve(socket);
    session.greet();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, mails, commands, faults };
}

interface Shared {
  readonly options: MailServerOptions;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly mails: TakenMail[];
  readonly commands: string[];
  readonly faults: Fault[];
}

class Session {
  readonly #shared: Shared;
  #socket: Socket | undefined;
  #isSecure = false;
  #isStalled = false;
  #buffer = '';
  #user: string | undefined;
  #login: string[] | undefined;
  #from = '';
  #to: string[] = [];
  #body: string[] | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  serve(socket: Socket): void {
    this.#socket = socket;
    this.#buffer = '';
    // latin1 keeps each byte, so that a raw mail can be compared byte by byte
    socket.on('data', (bytes: Buffer) => this.#read(bytes.toString('latin1')));
  }

  secure(socket: Socket): void {
    socket.removeAllListeners('data');
    const secured = new TLSSocket(socket, { isServer: true, ...this.#shared.tls });
    secured.on('error', () => undefined);
    this.#isSecure = true;
    this.serve(secured);
  }

  greet(): void {
    this.#step('greeting', () => this.#say('220 mail.example.com ESMTP'));
  }

  #say(line: string): void {
    this.#socket?.write(`${line}\r\n`);
  }

  #read(text: string): void {
    if (this.#isStalled) return;
    this.#buffer += text;
    if (this.#body !== undefined && this.#faultAt('body')) return;
    for (let end = this.#buffer.indexOf('\r\n'); end !== -1; end = this.#buffer.indexOf('\r\n')) {
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 2);
      if (this.#body !== undefined) this.#bodyLine(line);
      else if (this.#login !== undefined) this.#loginLine(line);
      else this.#command(line);
    }
  }

  #step(at: Step, go: () => void, recipient?: string): void {
    if (!this.#faultAt(at, recipient)) go();
  }

  /** Whether a fault took the step. */
  #faultAt(at: Step, recipient?: string): boolean {
    const { faults } = this.#shared;
    const place = faults.findIndex((fault) => fault.at === at && (fault.recipient === undefined || fault.recipient === recipient));
    if (place === -1) return false;
    const { what, always } = faults[place];
    if (always !== true) faults.splice(place, 1);
    if (what === 'drop') this.#socket?.destroy();
    else if (what === 'stall') this.#isStalled = true;
    else this.#say(what.reply);
    return true;
  }

  #command(line: string): void {
    this.#shared.commands.push(line);
    const verb = line.split(' ', 1)[0].toUpperCase();
    const [, address = ''] = /<([^>]*)>/.exec(line) ?? [];
    if (verb === 'EHLO') this.#step('ehlo', () => this.#greetBack());
    else if (verb === 'HELO') this.#step('ehlo', () => this.#say('250 mail.example.com'));
    else if (verb === 'STARTTLS') this.#step('starttls', () => this.#startTls());
    else if (verb === 'AUTH') this.#step('auth', () => this.#auth(line));
    else if (verb === 'MAIL') this.#step('mail', () => this.#mail(address));
    else if (verb === 'RCPT') this.#step('rcpt', () => this.#recipient(address), address);
    else if (verb === 'DATA') this.#step('data', () => this.#data());
    else if (verb === 'RSET' || verb === 'NOOP') this.#say('250 2.0.0 ok');
    else if (verb === 'QUIT') {
      this.#say('221 2.0.0 bye');
      this.#socket?.end();
    } else this.#say('502 5.5.2 no such command');
  }

  #greetBack(): void {
    const canUpgrade = this.#shared.tls !== undefined && !this.#isSecure;
    const words = [
      'mail.example.com',
      '8BITMIME',
      ...(canUpgrade ? ['STARTTLS'] : []),
      ...(this.#shared.options.login ? ['AUTH PLAIN LOGIN'] : []),
    ];
    words.forEach((word, place) => this.#say(`250${place === words.length - 1 ? ' ' : '-'}${word}`));
  }

  #startTls(): void {
    if (this.#shared.tls === undefined || this.#socket === undefined) return this.#say('502 5.5.1 no TLS here');
    this.#say('220 2.0.0 go ahead');
    this.secure(this.#socket);
  }

  #auth(line: string): void {
    const [, method, initial] = line.split(' ');
    if (method === 'PLAIN' && initial !== undefined) {
      const [, user, password] = Buffer.from(initial, 'base64').toString().split('\0');
      return this.#judgeLogin(user, password);
    }
    this.#login = [];
    this.#say('334 VXNlcm5hbWU6');
  }

  #loginLine(line: string): void {
    this.#login?.push(Buffer.from(line, 'base64').toString());
    if (this.#login?.length === 1) return this.#say('334 UGFzc3dvcmQ6');
    const [user, password] = this.#login ?? [];
    this.#login = undefined;
    this.#judgeLogin(user, password);
  }

  #judgeLogin(user: string, password: string): void {
    const { login } = this.#shared.options;
    if (user !== login?.user || password !== login.password) return this.#say('535 5.7.8 wrong name or password');
    this.#user = user;
    this.#say('235 2.7.0 welcome');
  }

  #mail(address: string): void {
    if (this.#shared.options.login !== undefined && this.#user === undefined) return this.#say('530 5.7.0 log in first');
    this.#from = address;
    this.#to = [];
    this.#say('250 2.1.0 ok');
  }

  #recipient(address: string): void {
    this.#to.push(address);
    this.#say('250 2.1.5 ok');
  }

  #data(): void {
    this.#body = [];
    this.#say('354 end with a dot');
  }

  #bodyLine(line: string): void {
    if (line !== '.') return void this.#body?.push(line.startsWith('.') ? line.slice(1) : line);
    const raw = (this.#body ?? []).join('\r\n');
    this.#body = undefined;
    this.#step('end', () => {
      this.#shared.mails.push({ from: this.#from, to: this.#to, raw, secure: this.#isSecure, user: this.#user });
      this.#say('250 2.0.0 queued as 4bQ');
    });
  }
}
