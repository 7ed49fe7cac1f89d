import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { isPublicAddress } from './notifying/public-addresses.ts';
import { createOutgoing } from './outgoing-http.ts';

const config = { allow_private_addresses: false, allowed_hosts: '', delivery_timeout: 5000, max_answer: 1024 };
const never = new AbortController().signal;

async function listen(t: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const request = { headers: { 'content-type': 'application/json' }, body: '{"a":"ä"}', signal: never };

test('addresses of the public internet and all others', () => {
  const open = [
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '192.0.1.1',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '64:ff9b::808:808',
    '2002:808:808::1',
    '::ffff:8.8.8.8',
  ];
  const closed = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:0:169.254.169.254',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:c0a8:0101::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'fec0::1',
    'ff02::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    'localhost',
    '',
  ];
  for (const address of open) assert.equal(isPublicAddress(address), true, address);
  for (const address of closed) assert.equal(isPublicAddress(address), false, address);
});

test('private addresses are refused in all spellings before anything is sent', async (t) => {
  let requests = 0;
  const port = await listen(t, (_, answer) => {
    requests++;
    answer.end();
  });
  const http = createOutgoing({ config });
  const hosts = [
    '127.0.0.1',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    'localhost.',
    'LOCALHOST',
  ];
  for (const host of hosts) {
    await assert.rejects(http.post(`http://${host}:${port}/`, request), (error: { code?: string; details?: { setting?: string } }) => {
      assert.equal(error.code, 'forbidden', `${host}: ${String(error)}`);
      assert.equal(error.details?.setting, 'notifications.allowed_hosts');
      return true;
    });
  }
  assert.equal(requests, 0);
});

test('a name with one private address among others is refused; the checked address is the one that is connected to', async (t) => {
  let requests = 0;
  const port = await listen(t, (_, answer) => {
    requests++;
    answer.end('hello');
  });
  const mixed = createOutgoing({ config, resolve: async () => ['8.8.8.8', '127.0.0.1'] });
  await assert.rejects(mixed.post(`http://evil.example:${port}/`, request), { code: 'forbidden' });
  // a name that is public when it is checked and private afterwards: it is asked once
  const answers = [['127.0.0.1'], ['8.8.8.8']];
  let asked = 0;
  const rebinding = createOutgoing({
    config: { ...config, allowed_hosts: 'rebinding.example' },
    resolve: async () => answers[asked++] ?? [],
  });
  const { status, body } = await rebinding.post(`http://rebinding.example:${port}/`, request);
  assert.deepEqual([status, body, asked, requests], [200, 'hello', 1, 1]);
});

test('private addresses that are allowed, by name, by address or all', async (t) => {
  const heard: string[] = [];
  const port = await listen(t, (incoming, answer) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (part: string) => (text += part));
    incoming.on('end', () => {
      heard.push(`${incoming.method} ${incoming.url} ${incoming.headers.host} ${incoming.headers['content-type']} ${text}`);
      answer.writeHead(202, { 'retry-after': '7' }).end('taken');
    });
  });
  const resolve = async (): Promise<string[]> => ['127.0.0.1'];
  for (const settings of [{ allowed_hosts: 'other, hooks.internal' }, { allowed_hosts: '127.0.0.1' }, { allow_private_addresses: true }]) {
    const http = createOutgoing({ config: { ...config, ...settings }, resolve });
    const { status, headers, body } = await http.post(`http://hooks.internal:${port}/a?b=c`, request);
    assert.deepEqual([status, headers['retry-after'], body], [202, '7', 'taken']);
  }
  assert.deepEqual(new Set(heard), new Set([`POST /a?b=c hooks.internal:${port} application/json {"a":"ä"}`]));
});

test('a redirect is an answer, and is not followed', async (t) => {
  let requests = 0;
  const port = await listen(t, (_, answer) => {
    requests++;
    answer.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
  });
  const { status } = await createOutgoing({ config: { ...config, allow_private_addresses: true } }).post(
    `http://127.0.0.1:${port}/`,
    request,
  );
  assert.deepEqual([status, requests], [302, 1]);
});

test('an answer without end is read to its bound, one that never comes ends in time or with the signal', async (t) => {
  const endless = await listen(t, (_, answer) => {
    answer.writeHead(200);
    const write = (): void => {
      while (!answer.destroyed && answer.write('x'.repeat(65_536)));
    };
    answer.on('drain', write);
    write();
  });
  const patient = createOutgoing({ config: { ...config, allow_private_addresses: true, delivery_timeout: 60_000 } });
  assert.equal((await patient.post(`http://127.0.0.1:${endless}/`, request)).body.length, 1024);
  const http = createOutgoing({ config: { ...config, allow_private_addresses: true, delivery_timeout: 300 } });
  const silent = await listen(t, () => undefined);
  await assert.rejects(http.post(`http://127.0.0.1:${silent}/`, request), /no answer in time/);
  const dripping = await listen(t, (_, answer) => {
    answer.writeHead(200);
    answer.write('x');
  });
  await assert.rejects(http.post(`http://127.0.0.1:${dripping}/`, request), /no answer in time/);
  await assert.rejects(http.post(`http://127.0.0.1:${silent}/`, { ...request, signal: AbortSignal.abort() }), /no answer in time/);
  const stuck = createOutgoing({ config: { ...config, delivery_timeout: 50 }, resolve: () => new Promise(() => undefined) });
  await assert.rejects(stuck.post('http://slow.example/', request), /no answer in time/);
});

test('what is no address of a channel', async () => {
  const http = createOutgoing({ config });
  for (const url of ['', 'ftp://8.8.8.8/', 'file:///etc/passwd', 'http://', 'http://me:secret@8.8.8.8/']) {
    await assert.rejects(http.post(url, request), { code: 'bad_request' }, url);
  }
  const nowhere = createOutgoing({ config, resolve: async () => [] });
  await assert.rejects(nowhere.addressOf('nobody.example', never), /no address/);
});
