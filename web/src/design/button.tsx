/** What is pressed: a button with words, or with an icon and a name. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './button.module.css';
import { classes } from './class-names.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `plain` by default; at most one `primary` in a place; `quiet` without a border. */
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger';
  readonly icon?: IconName;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', icon, children, className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={classes(styles.button, look !== 'plain' && styles[look], className)} {...rest}>
      {icon === undefined ? null : <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'aria-label'> {
  readonly icon: IconName;
  /** What it does; read out, and shown on hover. */
  readonly label: string;
}

export function IconButton({ icon, label, look = 'quiet', className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classes(styles.button, styles.icon, look !== 'plain' && styles[look], className)}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
