/** The time zone of senders that do not say theirs. */
import { AppError } from '#base/errors.ts';
import { LocalTimes, findTimeZone, ownZoneName } from '#base/time-zones.ts';

/**
 * @param name `local` (the server's own), `UTC`, an IANA name or a fixed offset such as `+05:30`
 * @throws AppError invalid_configuration
 */
export function sourceZone(name: string, setting: string): LocalTimes {
  const zone = findTimeZone(name === 'local' ? ownZoneName() : name);
  if (zone !== undefined) return new LocalTimes(zone);
  throw new AppError('invalid_configuration', `"${name}" is no time zone; give local, UTC or a name such as Europe/Berlin`, {
    details: { setting },
  });
}
