/** Which channels are told, each a switch. */
import own from './notifications.module.css';

interface ChannelChoiceProps {
  readonly label: string;
  readonly chosen: readonly string[];
  readonly channels: readonly string[];
  readonly none: string;
  readonly onChange: (channels: readonly string[]) => void;
}

/** Every channel as a switch; those that are named and not there are shown too, so that they can be taken out. */
export function ChannelChoice({ label, chosen, channels, none, onChange }: ChannelChoiceProps) {
  const all = [...new Set([...channels, ...chosen])];
  return (
    <div className={own.tell} role="group" aria-label="Channels">
      {label}
      {all.map((name) => {
        const isChosen = chosen.includes(name);
        return (
          <button
            key={name}
            type="button"
            className={own.channel}
            aria-pressed={isChosen}
            onClick={() => onChange(isChosen ? chosen.filter((one) => one !== name) : [...chosen, name])}
          >
            {name}
            {channels.includes(name) ? '' : ' (not there)'}
          </button>
        );
      })}
      {chosen.length === 0 ? <span>{none}</span> : null}
    </div>
  );
}
