/** What menus of fields do here, and which field of the rail somebody wants to see. */
import { useMemo, useState } from 'react';
import { copyText } from '../../design/copy-text.ts';
import type { FieldActions } from '../../fields-rail/field-menu.ts';
import { columnsOf } from './explorer-view.ts';
import type { Explorer } from './use-explorer.ts';

export interface WantedField {
  readonly field: string;
  /** Another number: asked once more. */
  readonly asked: number;
}

export function useFieldActions(
  { state, update, actions }: Explorer,
  showRail: () => void,
): { readonly fieldActions: FieldActions; readonly wanted: WantedField | undefined } {
  const [wanted, setWanted] = useState<WantedField>();
  const columns = columnsOf(state);
  const fieldActions = useMemo<FieldActions>(
    () => ({
      filter: actions.filter,
      release: actions.release,
      toggleColumn: actions.toggleColumn,
      isColumn: (field) => columns.includes(field),
      topValues: (field) => {
        showRail();
        setWanted((before) => ({ field, asked: (before?.asked ?? 0) + 1 }));
      },
      divideBars: (field) => update({ by: field }, { replace: true }),
      copy: (text, what) => void copyText(text, what),
    }),
    [actions, columns.join('\n'), update, showRail],
  );
  return { fieldActions, wanted };
}
