/** Types of interface-build.mjs, for tests. */

/** One hash over names and contents of all sources. */
export function hashOfSources(): string;
/** Builds web/dist where it is missing or old; false where the build failed. */
export function ensureInterface(say?: (text: string) => void): Promise<boolean>;
