import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceOfTag } from './tag-service.ts';

const id = '0123456789abcdef'.repeat(4);
const table: [tag: string, service: string][] = [
  ['checkout', 'checkout'],
  ['app.checkout', 'checkout'],
  ['app.checkout.log', 'checkout'],
  ['log', 'log'],
  ['docker.7d3f0123abcd', 'docker'],
  [`docker.${id}`, 'docker'],
  ['host.nginx.service', 'nginx'],
  ['app.stdout', 'app'],
  ['app.17', 'app'],
  ['17', ''],
  ['', ''],
  ['..', ''],
  [`kube.var.log.containers.cart-1_shop_cart-api-${id}.log`, 'cart-api'],
  [`kubernetes.var.log.containers.a.b-0_ns_web-${id}.log`, 'web'],
  [`web-${id}.log`, `web-${id}`],
  ['x'.repeat(600), ''],
];
for (const [tag, service] of table) test(`the service of "${tag.slice(0, 60)}"`, () => assert.equal(serviceOfTag(tag), service));
