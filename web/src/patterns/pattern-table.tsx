/** Patterns as rows of one line: when, how many, what; new ones are marked. A press on a row asks for its lines. */
import { classes } from '../design/class-names.ts';
import { showCount, showPercent, showShortCount } from '../design/figures.ts';
import { levelNames } from '../design/levels.ts';
import { levelClass } from '../log-list/level-mark.tsx';
import type { SettledRange } from '../time-range/time-choice.ts';
import { PatternCourse } from './pattern-course.tsx';
import { PatternText } from './pattern-text.tsx';
import styles from './patterns.module.css';
import { noPattern } from './use-patterns.ts';
import type { Pattern } from './use-patterns.ts';

interface PatternTableProps {
  readonly patterns: readonly Pattern[];
  readonly range: SettledRange;
  readonly intervalMs: number;
  /** What "new" means here. */
  readonly baselineLabel: string;
  readonly onNarrow: (term: string) => void;
  /** Beside something else: a narrower chart and no share. */
  readonly isBrief?: boolean;
}

/** The worst that at least a tenth of the lines have. */
function levelOf({ levels: counts, count }: Pattern): string | null {
  return levelNames.find((level) => (counts[level] ?? 0) >= count / 10 && (counts[level] ?? 0) > 0) ?? null;
}

export function PatternTable({ patterns, ...rest }: PatternTableProps) {
  return (
    <table className={styles.table}>
      <caption className={styles.caption}>Patterns of the lines, compared with {rest.baselineLabel}</caption>
      <thead>
        <tr>
          <th scope="col">when</th>
          <th scope="col" className={styles.figure}>
            lines
          </th>
          {rest.isBrief ? null : (
            <th scope="col" className={styles.figure}>
              share
            </th>
          )}
          <th scope="col" title={`Compared with ${rest.baselineLabel}`}>
            change
          </th>
          <th scope="col">pattern</th>
          <th scope="col" />
        </tr>
      </thead>
      <tbody>
        {patterns.map((pattern) => (
          <PatternRow key={pattern.id} pattern={pattern} {...rest} />
        ))}
      </tbody>
    </table>
  );
}

interface PatternRowProps extends Omit<PatternTableProps, 'patterns'> {
  readonly pattern: Pattern;
}

function PatternRow({ pattern, range, intervalMs, baselineLabel, onNarrow, isBrief = false }: PatternRowProps) {
  const { id, text, count, share, buckets, example, compared } = pattern;
  const level = levelOf(pattern);
  const isNamed = id !== noPattern;
  return (
    <tr className={classes(styles.row, levelClass(level), count === 0 && styles.gone)} data-pattern={id} data-change={compared?.change}>
      <td className={styles.when}>
        <PatternCourse
          buckets={buckets}
          range={range}
          intervalMs={intervalMs}
          width={isBrief ? 64 : 120}
          height={18}
          fill={`var(--fill-${level?.toLowerCase() ?? 'none'})`}
        />
      </td>
      <td className={styles.figure} title={`${showCount(count)} lines`}>
        {showShortCount(count)}
      </td>
      {isBrief ? null : <td className={styles.figure}>{count === 0 ? '' : showPercent(Math.max(share, 0.01))}</td>}
      <td>{compared === undefined ? null : <ChangeMark compared={compared} baselineLabel={baselineLabel} />}</td>
      <td className={styles.text}>
        <button
          type="button"
          disabled={!isNamed}
          title={example === null ? undefined : `${example.service}: ${example.message.slice(0, 500)}`}
          onClick={() => onNarrow(`pattern:${id}`)}
        >
          {example?.service === undefined || example.service === '' ? null : <span className={styles.service}>{example.service}</span>}
          {isNamed ? <PatternText text={text ?? example?.message ?? ''} /> : 'lines without a pattern'}
        </button>
      </td>
      <td className={styles.signs}>
        {isNamed ? (
          <>
            <button
              type="button"
              title="Only these lines"
              aria-label="Only lines of this pattern"
              onClick={() => onNarrow(`pattern:${id}`)}
            >
              +
            </button>
            <button
              type="button"
              title="Without these lines"
              aria-label="Without lines of this pattern"
              onClick={() => onNarrow(`-pattern:${id}`)}
            >
              −
            </button>
          </>
        ) : null}
      </td>
    </tr>
  );
}

function ChangeMark({
  compared: { change, rate_ratio: ratio, count },
  baselineLabel,
}: {
  readonly compared: NonNullable<Pattern['compared']>;
  readonly baselineLabel: string;
}) {
  const words = { new: 'new', gone: 'gone', same: '', more: `× ${ratioText(ratio)}`, less: `× ${ratioText(ratio)}` }[change];
  return words === '' ? null : (
    <span className={classes(styles.change, styles[change])} title={`${showCount(count)} lines in ${baselineLabel}`}>
      {words}
    </span>
  );
}

function ratioText(ratio: number | null): string {
  if (ratio === null) return '∞';
  return ratio >= 10
    ? showShortCount(Math.round(ratio))
    : ratio >= 1
      ? String(Math.round(ratio * 10) / 10)
      : String(Math.round(ratio * 100) / 100);
}
