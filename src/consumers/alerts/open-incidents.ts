/**
 * Which incidents are open, as the evaluator has them and as they are recorded. The two are the same until the evaluator lost
 * its state or a rule was changed: then it finds the same group met anew, with another beginning, and what is recorded must
 * go on as the one incident that people know.
 *
 * Invariants: a group of a rule has at most one open incident in the records; what fired there does not fire again.
 */
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { AlertState, Incident, NewTransition } from '#metadata/alert-records.ts';

/** An open incident of the evaluator under the name that it has in the records. */
interface OpenIncident {
  readonly recordedId: string;
  readonly beganMs: number;
  readonly firedMs: number | undefined;
  /** As it was recorded last. */
  readonly state: AlertState;
  readonly group: string;
}

interface Unclaimed {
  readonly incident: Incident;
  /** By then the evaluator would have found it again. */
  readonly untilMs: number;
}

interface SavedIncidents {
  readonly open: [string, OpenIncident][];
  readonly unclaimed: Unclaimed[];
  readonly superseded: string[];
}

const groupKeyOf = ({ tenant, ruleId, group }: Incident): string => JSON.stringify([tenant, ruleId, Object.entries(group)]);

export class OpenIncidents {
  /** By the evaluator's id. */
  readonly #open = new Map<string, OpenIncident>();
  readonly #idByGroup = new Map<string, string>();
  /** Recorded as open, and not known to the evaluator; by group. */
  readonly #unclaimed = new Map<string, Unclaimed>();
  /** The evaluator's ids of incidents that go on under another one's. */
  readonly #superseded = new Set<string>();

  get count(): number {
    return this.#open.size + this.#unclaimed.size;
  }

  /** Those of the records, except the notifier's own and the ones that the evaluator has: they go on if it finds their group met, and end at `untilMs`. */
  expect(recorded: readonly Incident[], untilMs: (incident: Incident) => number): void {
    const known = new Set([...this.#open.values()].map(({ recordedId }) => recordedId));
    for (const incident of recorded) {
      if (!known.has(incident.id) && !incident.ruleId.startsWith(ownRulePrefix))
        this.#unclaimed.set(groupKeyOf(incident), { incident, untilMs: untilMs(incident) });
    }
  }

  /** What is to be recorded of the evaluator's transitions. */
  apply(transitions: readonly NewTransition[]): NewTransition[] {
    return transitions.map((transition) => this.#translate(transition)).filter((transition) => transition !== undefined);
  }

  /** Ends those that the evaluator did not find again in time. */
  overdue(tickMs: number): NewTransition[] {
    const ended: NewTransition[] = [];
    for (const [group, { incident, untilMs }] of this.#unclaimed) {
      if (untilMs > tickMs) continue;
      this.#unclaimed.delete(group);
      const { id: incidentId, tenant, firedMs } = incident;
      const kind = firedMs === undefined ? 'cancelled' : 'resolved';
      const detail = 'it was not found again after the evaluation had begun anew';
      ended.push({
        key: `${incidentId}/not-found-again`,
        incident: { ...incident, state: 'ok', resolvedMs: tickMs },
        event: { incidentId, tenant, kind, atMs: tickMs, detail },
      });
    }
    return ended;
  }

  save(): string {
    const saved: SavedIncidents = {
      open: [...this.#open],
      unclaimed: [...this.#unclaimed.values()],
      superseded: [...this.#superseded],
    };
    return JSON.stringify(saved);
  }

  restore(line: string): void {
    const { open, unclaimed, superseded } = JSON.parse(line) as SavedIncidents;
    for (const [id, incident] of open) this.#add(id, incident);
    for (const lost of unclaimed) this.#unclaimed.set(groupKeyOf(lost.incident), lost);
    for (const id of superseded) this.#superseded.add(id);
  }

  #translate(transition: NewTransition): NewTransition | undefined {
    const { incident } = transition;
    const isOver = incident.state === 'ok';
    if (this.#superseded.has(incident.id)) {
      if (isOver) this.#superseded.delete(incident.id);
      return undefined;
    }
    const known = this.#open.get(incident.id) ?? this.#begin(incident);
    const isOther = known.recordedId !== incident.id;
    // What the records say already is not told again, nor that it is only pending what has fired.
    if (isOther && (incident.state === known.state || (incident.state === 'pending' && known.firedMs !== undefined))) {
      this.#add(incident.id, known);
      return undefined;
    }
    const firedMs = known.firedMs ?? incident.firedMs;
    const now = { ...known, firedMs, state: incident.state };
    if (isOver) this.#remove(incident.id, known);
    else this.#add(incident.id, now);
    return isOther ? underRecordedId(transition, now) : transition;
  }

  /** A new one of the evaluator: goes on as the one that is open for its group, if there is one. */
  #begin(incident: Incident): OpenIncident {
    const group = groupKeyOf(incident);
    const unclaimed = this.#unclaimed.get(group);
    if (unclaimed !== undefined) {
      this.#unclaimed.delete(group);
      const { id: recordedId, beganMs, firedMs, state } = unclaimed.incident;
      return { recordedId, beganMs, firedMs, state, group };
    }
    const olderId = this.#idByGroup.get(group);
    const older = olderId === undefined ? undefined : this.#open.get(olderId);
    if (olderId === undefined || older === undefined)
      return { recordedId: incident.id, beganMs: incident.beganMs, firedMs: undefined, state: 'ok', group };
    this.#remove(olderId, older);
    this.#superseded.add(olderId);
    return older;
  }

  #add(id: string, incident: OpenIncident): void {
    this.#open.set(id, incident);
    this.#idByGroup.set(incident.group, id);
  }

  #remove(id: string, { group }: OpenIncident): void {
    this.#open.delete(id);
    if (this.#idByGroup.get(group) === id) this.#idByGroup.delete(group);
  }
}

function underRecordedId(transition: NewTransition, { recordedId, beganMs, firedMs }: OpenIncident): NewTransition {
  const { key, incident, event } = transition;
  const kind = event.kind === 'cancelled' && firedMs !== undefined ? 'resolved' : event.kind;
  return {
    key: `${recordedId}/${key}`,
    incident: { ...incident, id: recordedId, beganMs, ...(firedMs === undefined ? {} : { firedMs }) },
    event: { ...event, incidentId: recordedId, kind },
  };
}
