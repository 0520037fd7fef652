/** Preview, programme and all sources in one picture; a click on a source asks for it in preview. */
import { useState } from 'react';
import { call, inWords } from './api.js';
import { type MultiviewView, readMultiview, type Tile } from './mix-wire.js';
import { Monitor } from './monitor.js';
import { usePolling } from './use-polling.js';
import type { Studio } from './wire.js';

interface MultiviewProps {
  studio: Studio | undefined;
  /** Said instead of a picture while the studio does not run. */
  idleText: string;
  onPick: (tile: Tile) => void;
}

/** Sources come and go; the picture follows at once, the places of its tiles this much later. */
const TILES_MS = 2_000;
const NAMES = { pvw: 'Preview', pgm: 'Programme', source: '' };

export function Multiview({ studio, idleText, onPick }: MultiviewProps) {
  const [known, setKnown] = useState<{ id: string; view: MultiviewView | null } | null>(null);
  const [trouble, setTrouble] = useState('');
  const id = studio?.running ? studio.id : null;
  usePolling(
    id,
    TILES_MS,
    async (CasterId) => ({ id: CasterId, view: readMultiview(await call('DescribeCasterMultiview', { CasterId })) }),
    (answer) => {
      setKnown(answer);
      setTrouble('');
    },
    (error) => setTrouble(inWords(error)),
  );
  const view = known && known.id === id ? known.view : null;
  return (
    <Monitor
      kind="multiview"
      title="Multiview"
      url={view?.whepUrl ?? null}
      idleText={id === null ? idleText : trouble || 'Connecting'}
      aspect={view?.aspect ?? 16 / 9}
      hasSound={false}
    >
      <ul className="mv-tiles" aria-label="Pictures of the multiview">
        {view?.tiles.map((tile) => {
          const share = (value: number): string => `${value * 100}%`;
          const { x, y, width, height } = tile;
          const name = NAMES[tile.kind] || tile.name;
          return (
            <li
              key={tile.sourceId || tile.kind}
              style={{ left: share(x), top: share(y), width: share(width), height: share(height) }}
            >
              {tile.kind === 'source' ? (
                <button
                  type="button"
                  data-testid={`mv-${tile.place || tile.sourceId}`}
                  aria-label={`${name} to preview`}
                  title={`${name} to preview`}
                  onClick={(event) => {
                    if (event.detail > 0) event.currentTarget.blur();
                    onPick(tile);
                  }}
                />
              ) : (
                <span className="unseen">{name}</span>
              )}
            </li>
          );
        })}
      </ul>
    </Monitor>
  );
}
