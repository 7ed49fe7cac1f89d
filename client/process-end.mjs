/** Sends what is left when the process is about to end. */

/** @import { Client } from './declarations/index.d.ts' */
/** @import { Settings } from './settings.mjs' */

/**
 * Listens to the process as the settings say; returns what ends that.
 * @param {Client} client
 * @param {Settings} settings
 * @returns {() => void}
 */
export function onProcessEnd(client, { flushOnExit, flushOnSignals }) {
  const sendRest = async () => {
    // a loop that runs empty again after a flush that ran out of time must not be kept going for ever
    if (client.stats.buffered > 0 && !(await client.flush())) await client.close(0);
  };
  const beforeExit = () => void sendRest();
  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    await client.close();
    // with no other listener the signal means what it would have meant without this one
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => void end(signal);
  if (flushOnExit) process.on('beforeExit', beforeExit);
  for (const signal of flushOnSignals) process.once(signal, onSignal);
  return () => {
    process.off('beforeExit', beforeExit);
    for (const signal of flushOnSignals) process.off(signal, onSignal);
  };
}
