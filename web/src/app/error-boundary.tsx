/** Keeps a failed part of the page from taking the rest along, and says what happened. */
import { Component } from 'react';
import type { ReactNode } from 'react';
import { ErrorState } from '../design/state.tsx';

interface Props {
  readonly children: ReactNode;
  /** Another value tries anew: the address. */
  readonly resetKey: string;
}

export class ErrorBoundary extends Component<Props, { readonly error: unknown; readonly key: string }> {
  override state = { error: undefined as unknown, key: this.props.resetKey };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  static getDerivedStateFromProps({ resetKey }: Props, state: { readonly key: string }) {
    return resetKey === state.key ? null : { error: undefined, key: resetKey };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <ErrorState error={error} onRetry={() => this.setState({ error: undefined })} />;
  }
}
