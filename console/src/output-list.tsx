/** The addresses under which viewers find the studio, ready to be copied. */
import { useState } from 'react';
import type { OutputUrl } from './wire.js';

interface OutputListProps {
  outputs: readonly OutputUrl[];
  onError: (label: string, error: unknown) => void;
}

/** The clipboard needs a secure page; on plain http in a local network the old way still works. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (!isCopied) throw new Error('the browser does not allow it; select the address and copy it by hand');
}

export function OutputList({ outputs, onError }: OutputListProps) {
  const [copied, setCopied] = useState('');
  return (
    <section className="panel" aria-label="Output addresses">
      <h2>Output addresses</h2>
      {outputs.length === 0 && <p className="empty">Start the studio to get addresses.</p>}
      <ul className="outputs" data-testid="outputs">
        {outputs.map(({ label, format, url }) => (
          <li key={url}>
            <span className="position">{label}</span>
            <span className="kind">{format}</span>
            <code title={url}>{url}</code>
            <button
              type="button"
              aria-label={`Copy ${label} ${format} address`}
              onClick={(event) => {
                if (event.detail > 0) event.currentTarget.blur();
                copy(url).then(
                  () => setCopied(url),
                  (error: unknown) => onError('Copy', error),
                );
              }}
            >
              {copied === url ? 'Copied' : 'Copy'}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
