/** The form for those who did not come with the terminal's link. */
import { type FormEvent, useState } from 'react';
import { inWords, signIn } from './api.js';

interface SignInProps {
  /** Why the form is shown although a link was used; may be empty. */
  reason: string;
  onDone: () => void;
}

export function SignIn({ reason, onDone }: SignInProps) {
  const [error, setError] = useState(reason);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError('');
    try {
      await signIn({ accessKeyId: String(form.get('id')).trim(), accessKeySecret: String(form.get('secret')).trim() });
      onDone();
    } catch (failure) {
      setError(`Not signed in: ${inWords(failure)}`);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <form onSubmit={submit} aria-label="Sign in" data-testid="sign-in">
        <h1>Castdeck</h1>
        <p>Open the link that the terminal printed, or sign in with an access key.</p>
        <label>
          Access key id
          <input name="id" autoComplete="username" required spellCheck={false} />
        </label>
        <label>
          Access key secret
          <input name="secret" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" className="primary" disabled={isBusy}>
          {isBusy ? 'Signing in' : 'Sign in'}
        </button>
        <p className="form-error" role="alert">
          {error}
        </p>
      </form>
    </main>
  );
}
