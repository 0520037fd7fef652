/** Entry of the page: takes the token out of the address bar, opens the session, shows the desk or the form. */
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { checkSession, inWords, needsSignIn, signIn, tokenOf } from './api.js';
import { Desk } from './desk.js';
import { SignIn } from './sign-in.js';
import './style.css';
import './mix.css';
import './sound/sound.css';

async function openSession(): Promise<{ isSignedIn: boolean; reason: string }> {
  const token = tokenOf(location.hash);
  // Neither the history nor a shared screen shall keep it.
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  try {
    if (token) await signIn({ token });
    else await checkSession();
    return { isSignedIn: true, reason: '' };
  } catch (error) {
    if (token) return { isSignedIn: false, reason: `The link does not work: ${inWords(error)}` };
    // A server that is out of reach is the desk's to report; it tries again.
    return { isSignedIn: !needsSignIn(error), reason: '' };
  }
}

function App({ start }: { start: { isSignedIn: boolean; reason: string } }) {
  const [isSignedIn, setSignedIn] = useState(start.isSignedIn);
  const [reason, setReason] = useState(start.reason);
  if (!isSignedIn) return <SignIn reason={reason} onDone={() => setSignedIn(true)} />;
  return (
    <Desk
      onSignedOut={(why) => {
        setReason(why);
        setSignedIn(false);
      }}
    />
  );
}

const place = document.getElementById('root');
if (!place) throw new Error('the page has no #root');
const root = createRoot(place);
openSession().then((start) =>
  root.render(
    <StrictMode>
      <App start={start} />
    </StrictMode>,
  ),
);
