/** Mails against a server that fails at every step; what arrives is read back as a mail client reads it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createChannel } from '#alerting/channel-kinds.ts';
import type { Channel, Notification } from '#alerting/notification.ts';
import { createOutgoing } from '#alerting/outgoing-http.ts';
import { makeCertificate } from '../senders/certificate.ts';
import { readMail } from './mail-reader.ts';
import { notifiedIncident, sampleIncident, sampleNotification } from './sample-notifications.ts';
import { attempt, parts } from './service-server.ts';
import { startMailServer } from './smtp-server.ts';
import type { Fault, MailServer, Step } from './smtp-server.ts';

const addresses = { from: 'Millrace <alerts@example.com>', to: ['oncall@example.com', 'lead@example.com'] };

function emailTo(server: MailServer, more: object = {}): Channel {
  const hosts = { addressOf: () => Promise.resolve('127.0.0.1') };
  return createChannel(
    'email',
    { host: 'logs.example.com', port: server.port, security: 'none', ...addresses, ...more },
    { ...parts, hosts },
  );
}

const as = (kind: Notification['kind'], more: Partial<Notification> = {}): Notification => ({
  ...sampleNotification,
  kind,
  id: `ntf-${kind}`,
  ...more,
});

test('a mail in HTML and text, with its thread', async (t) => {
  const server = await startMailServer(t);
  const channel = emailTo(server, { cc: ['boss@example.com'], reply_to: 'team@example.com', subject_prefix: '[prod]' });
  const fired = await attempt(channel, as('fired'));
  assert.deepEqual({ ...fired, remoteId: '' }, { kind: 'delivered', detail: 'taken: 250 2.0.0 queued as 4bQ', remoteId: '' });
  const remoteId = fired.kind === 'delivered' ? fired.remoteId : undefined;
  assert.deepEqual(await attempt(channel, as('resolved', { remoteId })), fired, 'the id stays that of the first');
  const [first, second] = server.mails.map(({ raw }) => readMail(raw));
  assert.deepEqual(server.mails[0].to, ['oncall@example.com', 'lead@example.com', 'boss@example.com']);
  assert.equal(server.mails[0].from, 'alerts@example.com');
  assert.equal(first.header('subject'), '[prod] FIRING: Payment errors on payment-service: 42 in 5 min');
  assert.equal(first.header('from'), 'Millrace <alerts@example.com>');
  assert.equal(first.header('to'), 'oncall@example.com, lead@example.com');
  assert.equal(first.header('cc'), 'boss@example.com');
  assert.equal(first.header('reply-to'), 'team@example.com');
  assert.equal(first.header('auto-submitted'), 'auto-generated');
  assert.equal(first.header('importance'), 'High');
  assert.equal(second.header('importance'), undefined);
  assert.equal(first.header('message-id'), remoteId);
  assert.equal(second.header('in-reply-to'), remoteId);
  const root = first.header('references') ?? '';
  assert.match(root, /^<millrace-[0-9a-f]{40}@example\.com>$/);
  assert.equal(second.header('references'), `${root} ${remoteId}`);
  assert.notEqual(second.header('message-id'), remoteId);
  assert.match(first.part('text/plain'), /FIRING: Payment errors on payment-service: 42 in 5 min\n.*\n\nMore than 10 lines/);
  assert.match(first.part('text/plain'), /\n {2}\| charge failed: gateway timeout after 5000 ms\n {2}\| {3}at charge/);
  assert.match(first.part('text/html'), /charge failed: gateway timeout after 5000 ms<br>&nbsp; at charge/);
  assert.match(first.part('text/html'), /href="https:\/\/logs\.example\.com\/alerts\/incidents\/inc-01"/);
});

test('sent again it is the same mail', async (t) => {
  const server = await startMailServer(t);
  const channel = emailTo(server);
  server.faults.push({ at: 'end', what: 'drop' });
  assert.equal((await attempt(channel, as('fired'))).kind, 'retry', 'nobody knows whether it was taken');
  await attempt(channel, as('fired'));
  await attempt(emailTo(server), as('fired'));
  const [one, two] = server.mails.map(({ raw }) => readMail(raw).header('message-id'));
  assert.equal(one, two);
});

test('STARTTLS with a login', async (t) => {
  const certificate = await makeCertificate();
  const server = await startMailServer(t, { certificate, login: { user: 'millrace', password: 'pa55 wörd' } });
  const ca = readFileSync(certificate.certificate, 'utf8');
  const login = { security: 'starttls', username: 'millrace', password: 'pa55 wörd' };
  assert.equal((await attempt(emailTo(server, { ...login, ca }), as('fired'))).kind, 'delivered');
  assert.deepEqual([server.mails[0].secure, server.mails[0].user], [true, 'millrace']);
  const wrong = await attempt(emailTo(server, { ...login, ca, password: 'wrong-password' }), as('fired'));
  assert.equal(wrong.kind, 'refused');
  assert.match(wrong.detail, /535 5\.7\.8/);
  const stranger = await attempt(emailTo(server, login), as('fired'));
  assert.equal(stranger.kind, 'refused', 'a certificate that nobody vouches for');
  assert.match(stranger.detail, /self-signed certificate/);
  const misnamed = await attempt(emailTo(server, { ...login, ca, host: 'other.example.com' }), as('fired'));
  assert.equal(misnamed.kind, 'refused', 'a certificate of another');
  assert.equal(server.mails.length, 1);
  const inTheOpen = server.commands.filter((line) => line.startsWith('AUTH'));
  assert.equal(inTheOpen.length, 2, 'only over TLS that was checked');
});

test('TLS from the first byte', async (t) => {
  const certificate = await makeCertificate();
  const server = await startMailServer(t, { certificate, secure: true });
  const ca = readFileSync(certificate.certificate, 'utf8');
  assert.equal((await attempt(emailTo(server, { security: 'tls', ca }), as('fired'))).kind, 'delivered');
  assert.equal(server.mails[0].secure, true);
  assert.equal((await attempt(emailTo(server, { security: 'tls' }), as('fired'))).kind, 'refused');
});

test('a server without STARTTLS is told nothing', async (t) => {
  const server = await startMailServer(t, { login: { user: 'millrace', password: 'secret' } });
  const outcome = await attempt(emailTo(server, { security: 'starttls', username: 'millrace', password: 'secret' }), as('fired'));
  assert.equal(outcome.kind, 'refused');
  assert.ok(!server.commands.some((line) => /^(?:AUTH|MAIL)/.test(line)), server.commands.join('\n'));
});

const later = { reply: '451 4.3.0 try again later' };
const never = { reply: '554 5.7.1 not from you' };
for (const at of ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'end'] as const satisfies Step[]) {
  for (const [what, expected] of [
    [later, 'retry'],
    [never, 'refused'],
    ['drop', 'retry'],
    ['stall', 'retry'],
  ] as const) {
    test(`${typeof what === 'string' ? what : what.reply} at ${at}: ${expected}, then it comes back`, async (t) => {
      const server = await startMailServer(t);
      const channel = emailTo(server);
      const fault: Fault = { at, what, always: true };
      server.faults.push(fault);
      const outcome = await attempt(channel, as('fired'), what === 'stall' ? 250 : 20_000);
      assert.equal(outcome.kind, expected, outcome.detail);
      assert.equal(server.mails.length, 0);
      server.faults.length = 0;
      assert.equal((await attempt(channel, as('fired'))).kind, 'delivered');
    });
  }
}

for (const what of ['drop', 'stall'] as const) {
  test(`${what} in the middle of the text`, async (t) => {
    const server = await startMailServer(t);
    server.faults.push({ at: 'body', what });
    assert.equal((await attempt(emailTo(server), as('fired'), what === 'stall' ? 250 : 20_000)).kind, 'retry');
    assert.equal((await attempt(emailTo(server), as('fired'))).kind, 'delivered');
  });
}

test('one recipient refused, one put off: those who were served are not served again', async (t) => {
  const server = await startMailServer(t);
  const channel = emailTo(server, { to: ['a@example.com', 'b@example.com', 'c@example.com'] });
  server.faults.push({ at: 'rcpt', what: { reply: '450 4.2.1 busy' }, recipient: 'b@example.com' });
  const first = await attempt(channel, as('fired'));
  assert.equal(first.kind, 'retry');
  assert.match(first.detail, /taken for 2 recipients, put off for others: .*450 4\.2\.1 busy/);
  const second = await attempt(channel, as('fired'));
  assert.equal(second.kind, 'delivered');
  assert.deepEqual(
    server.mails.map(({ to }) => to),
    [['a@example.com', 'c@example.com'], ['b@example.com']],
  );
  server.faults.push({ at: 'rcpt', what: { reply: '550 5.1.1 no such user' }, recipient: 'c@example.com' });
  const third = await attempt(channel, as('resolved'));
  assert.equal(third.kind, 'delivered');
  assert.match(third.detail, /taken for 2 recipients; refused for others: .*550 5\.1\.1 no such user/);
});

test('nobody is there; the name has no address; the address is private', async (t) => {
  const server = await startMailServer(t);
  assert.equal((await attempt(emailTo(server, { port: 1 }), as('fired'))).kind, 'retry');
  const settings = { host: 'mail.internal', port: server.port, security: 'none', ...addresses };
  const config = { allow_private_addresses: false, allowed_hosts: '', delivery_timeout: 5000, max_answer: 65_536 };
  for (const [resolved, allowed_hosts, expected] of [
    [[], '', 'retry'],
    [['127.0.0.1'], '', 'refused'],
    [['10.0.0.7'], '', 'refused'],
    [['::ffff:127.0.0.1'], '', 'refused'],
    [['127.0.0.1'], 'mail.internal', 'delivered'],
  ] as const) {
    const hosts = createOutgoing({ config: { ...config, allowed_hosts }, resolve: () => Promise.resolve(resolved) });
    const outcome = await attempt(createChannel('email', settings, { ...parts, hosts }), as('fired'));
    assert.equal(outcome.kind, expected, outcome.detail);
  }
  assert.equal(server.mails.length, 1);
});

test('nothing that is logged becomes a header, a recipient or a command', async (t) => {
  const server = await startMailServer(t);
  const evil = 'x\r\nBcc: evil@example.com\r\nSubject: other\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\r\n';
  const incident = {
    ...sampleIncident,
    ruleName: evil,
    group: { [evil]: evil },
    detail: evil,
    samples: [{ ...sampleIncident.samples[0], message: `.\r\n${evil}`, service: evil }],
  };
  const notification = as('fired', {
    title: evil,
    text: evil,
    groupKey: evil,
    id: evil,
    remoteId: `<a@b>\r\n${evil}`,
    incidents: [{ ...notifiedIncident, incident, title: evil }],
  });
  assert.equal((await attempt(emailTo(server), notification)).kind, 'delivered');
  const mail = readMail(server.mails[0].raw);
  assert.deepEqual(
    mail.headers
      .map(([name]) => name)
      .filter((name) => !/^(?:x-millrace-|mime-version$|content-|date$|importance$|x-priority$|x-msmail-priority$)/.test(name))
      .toSorted(),
    ['auto-submitted', 'from', 'in-reply-to', 'message-id', 'references', 'subject', 'to', 'x-auto-response-suppress'],
  );
  assert.match(mail.header('subject') ?? '', /^FIRING: x ⏎ Bcc: /);
  assert.equal(server.commands.filter((line) => line.startsWith('MAIL')).length, 1);
  assert.deepEqual(server.mails[0].to, addresses.to);
  assert.match(mail.part('text/plain'), /\n {2}\| \.\n {2}\| x\n/);
});
