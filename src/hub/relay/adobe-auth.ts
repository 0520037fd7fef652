/**
 * The user and password of RTMP as Adobe's servers and those that follow them ask for it (`authmod=adobe`): the server
 * refuses `connect` with what it needs, and the client connects again with an answer in the query of the application. Pure.
 */
import { createHash } from 'node:crypto';

function md5(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

function fieldsOf(description: string): Map<string, string> {
  const query = description.slice(description.indexOf('?') + 1);
  return new Map(
    query.split('&').map((pair) => {
      const mark = pair.indexOf('=');
      return mark < 0 ? [pair.trim(), ''] : [pair.slice(0, mark).trim(), pair.slice(mark + 1).trim()];
    }),
  );
}

export interface Credentials {
  user: string;
  password: string;
}

/**
 * What to append to application and tcUrl for the next attempt.
 * @param description of the refusal, as the server sent it
 * @param nonce 8 hex digits of the client's own, new each time
 * @returns `null` when the server does not ask, or has refused these credentials
 */
export function answerTo(description: string, { user, password }: Credentials, nonce: string): string | null {
  if (user === '') return null;
  const name = encodeURIComponent(user);
  const fields = fieldsOf(description);
  const reason = fields.get('reason');
  if (reason === undefined) {
    return /authmod=adobe/.test(description) ? `?authmod=adobe&user=${name}` : null;
  }
  if (reason !== 'needauth') return null;
  const salt = fields.get('salt') ?? '';
  const challenge = fields.get('challenge') ?? '';
  const opaque = fields.get('opaque') ?? '';
  const response = md5(md5(user + salt + password) + (opaque || challenge) + nonce);
  return `?authmod=adobe&user=${name}&challenge=${nonce}&response=${response}${opaque ? `&opaque=${opaque}` : ''}`;
}
