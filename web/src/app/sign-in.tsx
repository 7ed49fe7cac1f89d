/** Asks for a key where the server wants one. The place where sign-in, tenants and roles will stand. */
import { useState } from 'react';
import { setCredentials, useWantsCredentials } from '../api/credentials.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Field } from '../design/field.tsx';
import { queryClient } from './queries.ts';

export function SignIn() {
  const wanted = useWantsCredentials();
  return wanted === 'no' ? null : <KeyDialog problem={wanted === 'refused' ? 'This key was not taken.' : undefined} />;
}

function KeyDialog({ problem }: { readonly problem: string | undefined }) {
  const [key, setKey] = useState('');
  const use = (apiKey: string | undefined): void => {
    setCredentials(apiKey === undefined ? {} : { apiKey });
    void queryClient.resetQueries();
  };
  return (
    <Dialog
      title="This server wants a key"
      onClose={() => use(undefined)}
      footer={
        <Button look="primary" form="sign-in" type="submit" disabled={key.trim() === ''}>
          Use this key
        </Button>
      }
    >
      <form
        id="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          use(key.trim());
        }}
      >
        <Field label="API key that may read" value={key} onChange={setKey} type="password" mono problem={problem} />
        <p>It is kept in this tab until it is closed, and goes to this server only.</p>
      </form>
    </Dialog>
  );
}
