/**
 * Where an IP address lies: from a database of the operator's own in MaxMind's format (GeoLite2, DB-IP …); Millrace ships
 * none. https://maxmind.github.io/MaxMind-DB/
 */
import { isIP } from 'node:net';
import { Reader } from 'mmdb-lib';
import type { CityResponse } from 'mmdb-lib';

/** Members of `<attribute>.geo.*`; what the database does not say is left out. */
export interface Place {
  readonly country?: string;
  readonly region?: string;
  readonly city?: string;
  readonly location?: string;
}

export type PlaceOfAddress = (address: string) => Place | undefined;

export const noGeoip: PlaceOfAddress = () => undefined;

/** Looks addresses up in the bytes of a database. @throws where they are none */
export function geoipOf(database: Buffer): PlaceOfAddress {
  const reader = new Reader<CityResponse>(database);
  return (address) => {
    if (isIP(address) === 0) return undefined;
    const found = reader.get(address);
    if (found === null) return undefined;
    const { country, subdivisions, city, location } = found;
    const facts = {
      country: country?.iso_code,
      region: subdivisions?.[0]?.names.en,
      city: city?.names.en,
      location: location === undefined ? undefined : `${location.latitude},${location.longitude}`,
    };
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  };
}
