/** Who a rule tells: channels that are there, types that exist, addresses that can be one. Part of rule-check.ts. */
import { nearestName } from '#base/nearest-name.ts';
import type { RuleAction } from './alert-rule.ts';
import { channelKinds, isChannelType } from './channel-kinds.ts';
import { inboxChannel } from './notification-rules.ts';
import { joinPath, problem } from './rule-problems.ts';
import type { Findings, RuleProblem } from './rule-problems.ts';

/** Types that an action by itself can tell where to go. */
const placeOf: Readonly<Record<string, RegExp>> = {
  slack: /^[#@]?[\w.-]{1,100}$/,
  email: /^[^\s<>,;:"@\\()[\]]{1,64}@[A-Za-z0-9.-]{1,250}$/,
};

/** `channels`: name → type, where known. */
export function checkActions(actions: readonly RuleAction[], channels: ReadonlyMap<string, string> | undefined, findings: Findings): void {
  for (const [index, action] of actions.entries()) {
    const place = joinPath('actions', index);
    if (action.channel !== undefined) checkKept(action, place, channels, findings.problems);
    else if (action.type === undefined) findings.problems.push(problem(place, 'needs "channel", the name of a channel, or "type"'));
    else checkTyped(action, action.type, place, channels, findings);
  }
}

function checkKept(
  { channel = '' }: RuleAction,
  place: string,
  channels: ReadonlyMap<string, string> | undefined,
  problems: RuleProblem[],
): void {
  if (channels === undefined || channels.has(channel) || channel === inboxChannel) return;
  const known = [...channels.keys(), inboxChannel];
  const nearest = nearestName(channel, known);
  const advice = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"`;
  problems.push(problem(joinPath(place, 'channel'), `there is no channel "${channel.slice(0, 80)}"; ${advice}`));
}

function checkTyped(
  { url, to }: RuleAction,
  type: string,
  place: string,
  channels: ReadonlyMap<string, string> | undefined,
  { problems, warnings }: Findings,
): void {
  if (!isChannelType(type)) {
    const known = Object.keys(channelKinds);
    const nearest = nearestName(type, known);
    const advice = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"`;
    problems.push(problem(joinPath(place, 'type'), `there is no type of channel "${type.slice(0, 80)}"; ${advice}`));
    return;
  }
  if (url !== undefined) checkUrl(url, type, place, problems);
  if (to !== undefined) checkPlace(to, type, place, problems);
  const standsAlone = type === 'inbox' || (type === 'webhook' && url !== undefined);
  const isThere = channels === undefined || [...channels.values()].includes(type);
  if (!standsAlone && !isThere)
    warnings.push(
      problem(place, `no channel of type ${type} is set up yet (PUT /v1/notifications/channels/{name}): nobody is told by this action`),
    );
}

function checkUrl(url: string, type: string, place: string, problems: RuleProblem[]): void {
  const field = joinPath(place, 'url');
  if (type !== 'webhook') problems.push(problem(field, `only a webhook has an address here; a ${type} channel keeps its own`));
  else if (!/^https?:\/\/[^\s/]/i.test(url) || !URL.canParse(url))
    problems.push(problem(field, 'must be an address such as "https://example.com/alerts"'));
  else if (new URL(url).username !== '') problems.push(problem(field, 'must not hold a password; set up a webhook channel with headers'));
}

function checkPlace(to: string, type: string, place: string, problems: RuleProblem[]): void {
  const field = joinPath(place, 'to');
  const pattern = Object.hasOwn(placeOf, type) ? placeOf[type] : undefined;
  if (pattern === undefined)
    problems.push(problem(field, `${type} has no place to choose; only slack (a channel) and email (an address) have`));
  else if (!pattern.test(to))
    problems.push(
      problem(field, type === 'slack' ? 'must be a channel such as "#oncall"' : 'must be an address such as "oncall@example.com"'),
    );
}
