/** Why nobody is told of an incident, each reason with the way to it. */
import { Fragment } from 'react';
import { suppressionOf } from '../../alerts/incident-words.ts';
import type { Incident } from '../../api/operations.ts';
import { Icon } from '../../design/icon.tsx';
import { Link } from '../../design/link.tsx';
import styles from './alerts-page.module.css';

export function SuppressedBy({ incident }: { readonly incident: Pick<Incident, 'rule_id' | 'suppressed_by'> }) {
  if (incident.suppressed_by.length === 0) return null;
  return (
    <span className={styles.suppressed}>
      <Icon name="bellOff" size={12} />
      <span>
        suppressed by{' '}
        {incident.suppressed_by.map((reason, index) => {
          const { text, href } = suppressionOf(reason, incident);
          return (
            <Fragment key={reason}>
              {index === 0 ? '' : ', '}
              {href === undefined ? text : <Link href={href}>{text}</Link>}
            </Fragment>
          );
        })}
      </span>
    </span>
  );
}
