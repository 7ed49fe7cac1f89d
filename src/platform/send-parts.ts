/** Sends the body of an answer part by part, each when the one before has gone out: so all of them may lie in one buffer. */
import type { ServerResponse } from 'node:http';

/**
 * Ends the answer behind the last part; resolves then, or when the client has gone. Where a part cannot be had the connection
 * is broken off, so that nobody takes the answer for whole. Whatever happens, the parts are told that no more are read.
 */
export async function sendParts(response: ServerResponse, parts: AsyncIterable<string | Uint8Array>): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  try {
    for await (const part of parts) {
      if (response.destroyed) return;
      await Promise.race([gone, new Promise<void>((resolve) => response.write(part, () => resolve()))]);
      if (response.destroyed) return;
    }
    response.end();
  } catch {
    response.destroy();
  }
}
