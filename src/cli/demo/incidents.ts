/**
 * What goes wrong now and then. Every incident has a cause that stands in the stream before its effects, so that someone
 * who looks from an error backwards finds it; `clue` is a query that leads there.
 */
import { deploy, rollBack } from './background.ts';
import type { World } from './world.ts';

export interface Incident {
  readonly title: string;
  /** A query that shows the cause. */
  readonly clue: string;
  readonly durationMs: number;
  /** Writes the cause and turns the conditions. */
  begin(world: World): void;
  /** Called about once a second with the share of the duration that has passed, 0 … 1. */
  during?(world: World, progress: number): void;
  /** Puts everything back and says so. */
  end(world: World): void;
}

const wrongPaymentTimeout: Incident = {
  title: 'payments time out',
  clue: 'service:deployer "payment-service"',
  durationMs: 110_000,
  begin(world) {
    deploy(world, 'payment-service', 'set provider client timeout to 200 ms');
    world.conditions.paymentTimeoutMs = 200;
    world.conditions.paymentTimeoutShare = 0.72;
  },
  during(world, progress) {
    if (progress > 0.4)
      world.say('payment-service', 'WARN', 'circuit breaker for provider stripe is open', {
        provider: 'stripe',
        failures: world.random.integer(40, 400),
      });
  },
  end(world) {
    rollBack(world, 'payment-service', 'charge failures over 50 %');
    world.restore('paymentTimeoutMs', 'paymentTimeoutShare');
    world.say('payment-service', 'INFO', 'circuit breaker for provider stripe is closed', { provider: 'stripe' });
  },
};

const migrationLock: Incident = {
  title: 'orders cannot be stored',
  clue: 'migration AND service:orders-db',
  durationMs: 90_000,
  begin(world) {
    world.say('scheduler', 'INFO', 'job migrate-orders started: 0142_add_index_on_orders_customer', {
      job: 'migrate-orders',
      run_id: world.random.hex(16),
    });
    world.say('orders-db', 'WARN', 'migration 0142_add_index_on_orders_customer waits for an exclusive lock on table orders', {
      table: 'orders',
      pid: world.random.integer(1000, 60_000),
    });
    world.conditions.orderPoolExhaustedShare = 0.65;
  },
  during(world, progress) {
    world.say('orders-db', 'WARN', `process still waiting for ShareLock on relation orders after ${Math.round(progress * 90_000)} ms`, {
      table: 'orders',
      waiting: world.random.integer(12, 40),
    });
  },
  end(world) {
    world.say('orders-db', 'INFO', 'migration 0142_add_index_on_orders_customer complete, lock released', {
      table: 'orders',
      duration_ms: 90_000,
    });
    world.restore('orderPoolExhaustedShare');
  },
};

const fullDisk: Incident = {
  title: 'stock cannot be reserved on one pod',
  clue: '"disk usage" AND service:inventory-service',
  durationMs: 100_000,
  begin(world) {
    const pod = world.pods('inventory-service')[0];
    for (const share of [91, 95, 99])
      world.say(
        'inventory-service',
        'WARN',
        `disk usage of /var/lib/inventory is ${share} %`,
        { disk_used_percent: share, mount: '/var/lib/inventory' },
        pod,
      );
    world.conditions.fullDiskPod = pod;
  },
  end(world) {
    const pod = world.conditions.fullDiskPod;
    world.restore('fullDiskPod');
    world.say(
      'inventory-service',
      'INFO',
      'old journals removed, disk usage of /var/lib/inventory is 34 %',
      { disk_used_percent: 34, mount: '/var/lib/inventory' },
      pod,
    );
  },
};

const memoryLeak: Incident = {
  title: 'recommendations run out of memory',
  clue: 'heap AND service:recommendation-service',
  durationMs: 120_000,
  begin(world) {
    world.say('recommendation-service', 'INFO', 'loaded ranking model als-18, feature cache is unbounded', {
      model: 'als-18',
      previous: 'als-17',
    });
  },
  during(world, progress) {
    const heapMb = Math.round(900 + 1150 * Math.min(1, progress / 0.6));
    world.conditions.recommendationSlowness = 1 + 18 * Math.min(1, progress / 0.6);
    const pod = world.pods('recommendation-service')[0];
    if (progress < 0.6) {
      world.say('recommendation-service', 'WARN', `heap usage ${heapMb} MB of 2048 MB`, { heap_mb: heapMb, limit_mb: 2048 }, pod);
    } else if (world.conditions.recommendationDownShare < 0.5) {
      world.say(
        'recommendation-service',
        'FATAL',
        'JavaScript heap out of memory, process killed',
        { exit_code: 137, heap_mb: heapMb },
        pod,
      );
      world.replacePod('recommendation-service', pod);
      world.conditions.recommendationDownShare = 0.85;
    }
  },
  end(world) {
    world.restore('recommendationSlowness', 'recommendationDownShare');
    world.say('recommendation-service', 'INFO', 'loaded ranking model als-17, feature cache limited to 256 MB', { model: 'als-17' });
  },
};

const expiredCertificate: Incident = {
  title: 'nobody can sign in',
  clue: 'certificate AND service:edge-gateway',
  durationMs: 80_000,
  begin(world) {
    world.say('edge-gateway', 'WARN', 'certificate of id.shop.example expires in 60 s', { domain: 'id.shop.example', issuer: 'R11' });
    world.conditions.identityFailureShare = 0.97;
  },
  end(world) {
    world.say('edge-gateway', 'INFO', 'certificate of id.shop.example renewed', { domain: 'id.shop.example', valid_days: 90 });
    world.restore('identityFailureShare');
  },
};

const emptiedCache: Incident = {
  title: 'product pages are slow',
  clue: 'FLUSHALL',
  durationMs: 75_000,
  begin(world) {
    world.say('session-cache', 'WARN', 'FLUSHALL executed by deploy-bot, 412093 keys removed', {
      command: 'FLUSHALL',
      client: 'deploy-bot',
    });
    world.conditions.catalogCacheMissShare = 0.95;
    world.conditions.catalogTimeoutShare = 0.22;
  },
  during(world, progress) {
    // The cache fills again by itself.
    world.conditions.catalogCacheMissShare = 0.95 - 0.8 * progress;
    world.conditions.catalogTimeoutShare = 0.22 * (1 - progress);
  },
  end(world) {
    world.restore('catalogCacheMissShare', 'catalogTimeoutShare');
    world.say('catalog-service', 'INFO', 'cache hit ratio is back over 90 %', { hit_ratio: 0.91 });
  },
};

export const incidents: readonly Incident[] = [wrongPaymentTimeout, migrationLock, fullDisk, memoryLeak, expiredCertificate, emptiedCache];
