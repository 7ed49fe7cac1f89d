/** The exports under way, at the foot of the page: how far each is, and how to stop it. */
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from '../design/button.tsx';
import { showBytes, showCount } from '../design/figures.ts';
import { ExportTask } from './export-task.ts';
import type { ExportRequest } from './export-task.ts';
import styles from './exports.module.css';
import { saveFile } from './save-file.ts';

let tasks: readonly ExportTask[] = [];
const listeners = new Set<() => void>();

function set(next: readonly ExportTask[]): void {
  tasks = next;
  for (const listener of [...listeners]) listener();
}

/** Begins an export; the file is handed out when it is whole. */
export function startExport(request: ExportRequest): void {
  const task = new ExportTask(request);
  set([...tasks, task]);
  void task.run().then(() => {
    if (task.snapshot().state === 'done') save(task);
  });
}

function save(task: ExportTask): void {
  saveFile(task.file(), task.snapshot().fileName);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function Exports() {
  const shown = useSyncExternalStore(subscribe, () => tasks);
  return (
    <div className={styles.exports} role="status" aria-label="Exports">
      {shown.map((task, index) => (
        <ExportRow key={index} task={task} onDismiss={() => set(tasks.filter((one) => one !== task))} />
      ))}
    </div>
  );
}

function ExportRow({ task, onDismiss }: { readonly task: ExportTask; readonly onDismiss: () => void }) {
  const { state, lines, bytes, fileName, problem } = useSyncExternalStore(task.subscribe, task.snapshot);
  const { expectedLines } = task.request;
  const share = expectedLines === undefined || expectedLines === 0 ? undefined : Math.min(1, lines / expectedLines);
  const count = `${showCount(lines)}${state === 'running' && expectedLines !== undefined ? ` of ${showCount(Math.max(lines, expectedLines))}` : ''} lines, ${showBytes(bytes)}`;
  return (
    <div className={styles.row} data-state={state}>
      <div className={styles.text}>
        <b>{fileName}</b>
        <span>
          {count}
          {state === 'done' ? ', whole' : ''}
          {state === 'broken' ? `, not whole: ${problem}` : ''}
          {state === 'cancelled' ? ', stopped' : ''}
        </span>
      </div>
      {state === 'running' ? (
        <>
          <progress className={styles.progress} aria-label={`Export of ${fileName}`} {...(share === undefined ? {} : { value: share })} />
          <Button onClick={task.cancel}>Stop</Button>
        </>
      ) : null}
      {state === 'broken' && lines > 0 ? <Button onClick={() => save(task)}>Save what came</Button> : null}
      {state === 'running' ? null : <IconButton icon="close" label="Dismiss" onClick={onDismiss} />}
    </div>
  );
}
