/** The queries that were asked in this browser, newest first. */
import { isTextList, storeValue, storedValue } from '../app/stored.ts';

const name = 'queries.recent';
const most = 50;

export function recentQueries(): readonly string[] {
  return storedValue(name, [], isTextList);
}

export function rememberQuery(query: string): void {
  const text = query.trim();
  if (text === '') return;
  const others = recentQueries().filter((one) => one !== text);
  storeValue(name, [text, ...others].slice(0, most));
}
