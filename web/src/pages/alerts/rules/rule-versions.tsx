/** All versions of a rule; an older one can be taken into the editor. */
import { conditionWords } from '../../../alerts/condition-words.ts';
import type { AlertRule } from '../../../api/operations.ts';
import { Age } from '../../../design/age.tsx';
import { Button } from '../../../design/button.tsx';
import { Section } from '../../../design/section.tsx';
import { Table } from '../../../design/table.tsx';
import { useVersions } from './use-rules.ts';

interface RuleVersionsProps {
  readonly id: string;
  readonly current: number;
  readonly onTake: (rule: AlertRule) => void;
}

export function RuleVersions({ id, current, onTake }: RuleVersionsProps) {
  const versions = useVersions(id);
  const all = versions.data?.versions ?? [];
  if (all.length < 2) return null;
  return (
    <Section title="Versions" note={`${all.length}, newest first`}>
      <Table
        label="Versions"
        rows={all}
        rowKey={({ version }) => String(version)}
        none=""
        shown={6}
        columns={[
          { name: 'Version', numeric: true, cell: ({ version }) => version },
          { name: 'Changed', cell: ({ updated_at: at }) => <Age ms={Date.parse(at)} /> },
          { name: 'By', cell: ({ updated_by: by }) => by || '–' },
          { name: 'Condition', wide: true, cell: ({ rule }) => conditionWords(rule.condition) },
          {
            name: '',
            cell: ({ version, rule }) =>
              version === current ? (
                'now'
              ) : (
                <Button look="quiet" onClick={() => onTake(rule)}>
                  Take into the editor
                </Button>
              ),
          },
        ]}
      />
    </Section>
  );
}
