/** What services write without a request: health, jobs, brokers, and deployments that go well. */
import type { ServiceName, World } from './world.ts';

const deployable: readonly ServiceName[] = [
  'web-storefront',
  'auth-service',
  'catalog-service',
  'search-service',
  'cart-service',
  'checkout-service',
  'order-service',
  'shipping-service',
  'notification-service',
  'fraud-service',
  'media-service',
];
const engineers = ['amara', 'jonas', 'mei', 'luc', 'priya', 'tomás'];

type Chatter = (world: World) => void;

const chatter: readonly Chatter[] = [
  (world) => {
    const pauseMs = Math.round(world.random.logNormal(12, 0.9));
    world.say('search-service', pauseMs > 80 ? 'WARN' : 'DEBUG', `garbage collection pause of ${pauseMs} ms`, {
      pause_ms: pauseMs,
      heap_mb: world.random.integer(300, 900),
    });
  },
  (world) => {
    const lag = Math.floor(world.random.exponential(40));
    world.say('message-broker', lag > 180 ? 'WARN' : 'INFO', `consumer group shipping lags by ${lag} messages`, {
      group: 'shipping',
      topic: 'orders.placed',
      lag,
    });
  },
  (world) =>
    world.say('session-cache', 'INFO', `${world.random.integer(3000, 9000)} keys expired in the last minute`, {
      used_memory_mb: world.random.integer(600, 900),
    }),
  (world) =>
    world.say('orders-db', 'INFO', `checkpoint complete: wrote ${world.random.integer(200, 9000)} buffers`, {
      duration_ms: world.random.integer(200, 4000),
    }),
  (world) => world.say('edge-gateway', 'DEBUG', 'health check passed', { upstreams: 14, healthy: 14 }),
  (world) => {
    const ip = `10.${world.random.integer(0, 255)}.${world.random.integer(0, 255)}.${world.random.integer(1, 254)}`;
    world.say('edge-gateway', 'WARN', `rate limit reached for client ${ip}`, { client_ip: ip, limit_per_minute: 600 });
  },
  (world) => {
    const job = world.random.pick(['send-newsletter', 'rebuild-sitemap', 'expire-carts', 'sync-prices', 'reconcile-payments']);
    const tookMs = Math.round(world.random.logNormal(4000, 0.7));
    world.say('scheduler', 'INFO', `job ${job} finished in ${tookMs} ms`, { job, latency_ms: tookMs, run_id: world.random.hex(16) });
  },
  (world) =>
    world.say(
      'inventory-service',
      'INFO',
      `stock synchronised with warehouse ${world.random.pick(['BER', 'LYS', 'ZRH'])}: ${world.random.integer(10, 400)} items`,
      {},
    ),
];

/** One line outside any request. */
export function writeChatter(world: World): void {
  world.random.pick(chatter)(world);
}

/** Rolls a service to a new release, pod by pod; the name and version are in every line of it. */
export function deploy(world: World, service: ServiceName = world.random.pick(deployable), change = ''): string {
  const before = world.version(service);
  const version = world.changeRelease(service, 1);
  const facts = { target: service, version, previous: before, deployed_by: world.random.pick(engineers), commit: world.random.hex(8) };
  world.say('deployer', 'INFO', `deploying ${service} ${version} (was ${before})${change === '' ? '' : `: ${change}`}`, facts);
  rollPods(world, service, version);
  world.say('deployer', 'INFO', `deployment of ${service} ${version} complete`, facts);
  return version;
}

/** Back to the release before. */
export function rollBack(world: World, service: ServiceName, why: string): void {
  const version = world.changeRelease(service, -1);
  world.say('deployer', 'WARN', `rolling back ${service} to ${version}: ${why}`, {
    target: service,
    version,
    deployed_by: world.random.pick(engineers),
  });
  rollPods(world, service, version);
}

function rollPods(world: World, service: ServiceName, version: string): void {
  for (const pod of world.pods(service)) world.say(service, 'INFO', 'received SIGTERM, draining connections', { version }, pod);
  world.replacePods(service);
  for (const pod of world.pods(service))
    world.say(service, 'INFO', `started ${service} ${version}`, { version, startup_ms: world.random.integer(900, 6000) }, pod);
}
