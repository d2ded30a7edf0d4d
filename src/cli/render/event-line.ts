import type { WatchEvent } from '../../client/watch-event.ts';
import { countsText } from './status-text.ts';
import type { View } from './view.ts';
import { peopleText } from './inbox-text.ts';
import { paintPhase, phaseText } from './phase-paint.ts';
import { clockText, relativeTime } from './time-text.ts';

/** One event as one line for a log that scrolls; null for what would only be noise there. The event has to be plain data. */
export function eventLine(event: WatchEvent, view: Pick<View, 'paint' | 'now'>): string | null {
  const text = eventText(event, view);
  return text === null ? null : `${view.paint.dim(clockText(view.now))}  ${text.replace(/\s*\n\s*/g, ' ')}`;
}

function eventText(event: WatchEvent, { paint, now }: Pick<View, 'paint' | 'now'>): string | null {
  switch (event.type) {
    case 'phase': {
      const phase = event.phase === null ? 'phase unknown' : paintPhase(event.phase, paint);
      return paint.bold(phase) + (event.reason === null ? '' : `: ${event.reason}`);
    }
    case 'sprint':
      return `sprint ${event.sprint}: ${phaseText(event.phase)}`;
    case 'checkpoint':
      return `checkpoint ${event.checkpoint}: ${event.state}`;
    case 'agent': {
      const { agent } = event;
      // Idle agents are in the table and in `pact status`.
      if (agent.current_task === null) return null;
      const blocked = agent.blocking_issues.length === 0 ? '' : `; ${agent.blocking_issues.join('; ')}`;
      return `${agent.agent_id}: ${agent.status} ${Math.floor(agent.progress_percentage)}%  ${agent.current_task}${blocked}`;
    }
    case 'alert':
      return event.state === 'raised' ? paint.yellow(`alert: ${event.alert.text}`) : `alert over: ${event.alert.text}`;
    case 'inbox':
      return event.state === 'opened'
        ? paint.yellow(`needs ${peopleText(event.item.people)}: ${event.item.title} [${event.item.itemId}]`)
        : `answered or over: ${event.item.title} [${event.item.itemId}]`;
    case 'progress': {
      const forecast = event.forecastCompletion === null ? '' : `, done ${relativeTime(event.forecastCompletion, now)}`;
      return `progress ${Math.floor(event.progressPercentage)}%: ${countsText(event.tasks)}${forecast}`;
    }
    case 'decision':
      return event.decision.text;
    case 'source':
      return event.source === 'workflow'
        ? paint.green('a worker answers again')
        : paint.yellow(`only the server answers: ${event.why ?? 'no worker'}`);
  }
}
