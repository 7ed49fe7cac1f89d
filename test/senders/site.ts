/** A product that other people's senders send to: with receivers' ports of its own, and restarts on the same ports. */
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownPort } from '../support/own-ports.ts';
import { Product, temporaryDirectory } from '../support/product.ts';

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly setting: string;
}

export class Site {
  product: Product;
  readonly #dataDirectory: string;
  readonly #flags: readonly string[];
  /** Listeners that the tests use; all others keep off each other's ports by taking free ones. */
  readonly #listeners: readonly Listener[];

  private constructor(product: Product, dataDirectory: string, flags: readonly string[], listeners: readonly Listener[]) {
    this.product = product;
    this.#dataDirectory = dataDirectory;
    this.#flags = flags;
    this.#listeners = listeners;
  }

  /**
   * Starts it; ends it after the test. `settings` are full paths of receivers' ports, such as `receivers.elasticsearch.port`,
   * that are its own then, as the main one is; `flags` are further ones of `serve`.
   */
  static async start(t: TestContext, name: string, settings: readonly string[] = [], flags: readonly string[] = []): Promise<Site> {
    const dataDirectory = await temporaryDirectory(name);
    const ports: { setting: string; port: number }[] = [];
    for (const setting of settings) ports.push({ setting, port: await ownPort() });
    const environment = portsOf(ports);
    const product = await Product.start({ dataDirectory, flags: ['--port', `${await ownPort()}`, ...flags], environment });
    const listeners = ((await product.status()).receivers.listeners as Listener[]).filter(({ setting }) => settings.includes(setting));
    const site = new Site(product, dataDirectory, flags, listeners);
    t.after(() => site.product.kill());
    return site;
  }

  /** The main port. */
  get url(): string {
    return this.product.url;
  }

  /** Address of a receiver's own port. */
  addressOf(setting: string): string {
    const listener = this.#listeners.find((candidate) => candidate.setting === setting);
    if (listener === undefined) throw new Error(`nothing listens for ${setting}`);
    return `127.0.0.1:${listener.port}`;
  }

  /** Stops it as Ctrl-C does, or kills it, and starts it again on the same ports after a moment in which nobody answers. */
  async restart(end: 'stop' | 'kill' = 'stop'): Promise<void> {
    const { port } = new URL(this.url);
    await this.product[end]();
    this.product = await Product.start({
      dataDirectory: this.#dataDirectory,
      flags: ['--port', port, ...this.#flags],
      environment: portsOf(this.#listeners),
    });
  }
}

/** Kills it and stops it, with a second between in which its senders come back. */
export async function restartTwice(site: Site): Promise<void> {
  await site.restart('kill');
  await sleep(1000);
  await site.restart('stop');
}

function portsOf(listeners: readonly Pick<Listener, 'setting' | 'port'>[]): NodeJS.ProcessEnv {
  const variables = listeners.map(({ setting, port }) => [`MILLRACE_${setting.replaceAll('.', '_').toUpperCase()}`, String(port)]);
  return { ...process.env, ...Object.fromEntries(variables) };
}
