/** All keys that are in force where it was opened. */
import { useState } from 'react';
import { Dialog } from '../design/dialog.tsx';
import { KeyHint } from '../design/key-hint.tsx';
import { useKeyLayers } from './keys.ts';
import styles from './shortcut-sheet.module.css';

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const layers = useKeyLayers();
  // as they were: the sheet itself changes nothing about them
  const [shown] = useState(() => layers);
  return (
    <Dialog title="Shortcuts" onClose={onClose} wide>
      <div className={styles.columns}>
        {shown.map(({ title, bindings }) => (
          <section key={title} className={styles.group}>
            <h3>{title}</h3>
            <dl>
              {bindings.map(({ keys, does, hidden }) =>
                hidden ? null : (
                  <div key={keys} className={styles.row}>
                    <dt>{does}</dt>
                    <dd>
                      <KeyHint keys={keys} />
                    </dd>
                  </div>
                ),
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
