/** Mails about alerts in a browser: light and dark, wide and narrow, readable and within their width. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fitted } from '#alerting/channels/content.ts';
import { emailHtml, maxHtmlBytes } from '#alerting/channels/email-html.ts';
import type { Notification } from '#alerting/notification.ts';
import { hostileTexts, notifiedIncident, sampleIncident, sampleLine, sampleNotification } from '../alerts/sample-notifications.ts';
import { assertAccessible, picture, skipWithoutChromium, visit } from './browser.ts';

const over = { ...sampleIncident, state: 'ok' as const, resolvedMs: Date.UTC(2026, 10, 21, 23, 30), samples: [] };
const mails: Readonly<Record<string, Notification>> = {
  fired: sampleNotification,
  resolved: {
    ...sampleNotification,
    kind: 'resolved',
    title: 'Payment errors on payment-service are over',
    text: '',
    incidents: [{ ...notifiedIncident, incident: over }],
    moreIncidents: 2,
  },
  acknowledged: { ...sampleNotification, kind: 'acknowledged', severity: 'warning' },
  information: { ...sampleNotification, severity: 'info' },
  hostile: {
    ...sampleNotification,
    incidents: hostileTexts.map((text) => ({
      ...notifiedIncident,
      title: text,
      incident: { ...sampleIncident, group: { [text]: text }, samples: [{ ...sampleLine, message: text }] },
    })),
  },
};

test('mails fit, can be read and run nothing, in every light and width', { skip: skipWithoutChromium }, async (t) => {
  const server = createServer((request, response) => {
    const notification = mails[request.url?.slice(1) ?? ''];
    if (notification === undefined) return void response.writeHead(404).end();
    const html = fitted(notification, 'secrets', emailHtml, (built) => Buffer.byteLength(built) <= maxHtmlBytes);
    // the visit waits for a page's main part
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(html.replace(/(<body[^>]*>)/, '$1<main>').replace('</body>', '</main></body>'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      for (const name of Object.keys(mails)) {
        const { page, troubles, context } = await visit(t, `${url}/${name}`, { theme, size });
        const what = `${name}, ${theme}, ${size}`;
        assert.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, `${what}: within its width`);
        const background = await page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor");
        assert.equal(background, theme === 'dark' ? 'rgb(29, 33, 37)' : 'rgb(255, 255, 255)', what);
        await assertAccessible(page, what);
        assert.deepEqual(troubles, [], what);
        assert.equal(await page.evaluate("document.querySelectorAll('script, img, [onclick], [onerror]').length"), 0, what);
        if (name === 'fired' && size === 'desktop') await picture(page, `alert-mail-${theme}`);
        await context.close();
      }
    }
  }
});
