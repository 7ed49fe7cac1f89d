/** What is marked in messages: what the query searched for, and what this person watches out for. */
import { useMemo } from 'react';
import { isTextList, useStored } from '../app/stored.ts';
import { tryParse } from '../query-editor/edit-filters.ts';
import { splitPipes } from '../query-editor/piped-query.ts';
import { searchedText } from './searched-text.ts';

const none: readonly string[] = [];

/** Texts that are highlighted wherever they come up, kept in this browser. */
export function useHighlights(): readonly [readonly string[], (texts: readonly string[]) => void] {
  return useStored('highlights', none, isTextList);
}

/** A pattern that nothing matches keeps the place of the search where there is none: colours of highlights stay the same. */
const nothing = /(?!)/g;

export function useMarks(query: string): readonly RegExp[] {
  const [highlights] = useHighlights();
  return useMemo(() => {
    const searched = searchedText(tryParse(splitPipes(query).base));
    const watched = highlights.filter((text) => text.trim() !== '').map((text) => new RegExp(escaped(text.trim()), 'giu'));
    return searched === undefined && watched.length === 0 ? [] : [searched ?? nothing, ...watched];
  }, [query, highlights]);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
