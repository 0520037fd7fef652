/** The operator's page: monitors, layouts, TAKE, start and stop. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ActionQueue } from './action-queue.js';
import { call, inWords } from './api.js';
import { duration, keyMeaning } from './keys.js';
import { LayoutTiles } from './layout-tiles.js';
import { Monitor } from './monitor.js';
import { type Notice, Notices } from './notices.js';
import { OutputList } from './output-list.js';
import { SourceList } from './source-list.js';
import { StudioBar } from './studio-bar.js';
import { useStudio } from './use-studio.js';
import type { Layout, Scene } from './wire.js';

const MAX_NOTICES = 5;

function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, button, a, dialog, [contenteditable]') !== null
  );
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, dialog, [contenteditable]') !== null;
}

export function Desk({ onSignedOut }: { onSignedOut: (why: string) => void }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [notices, setNotices] = useState<Notice[]>([]);
  const [now, setNow] = useState(() => Date.now());
  const nextNotice = useRef(1);
  const view = useStudio(chosen, onSignedOut);
  const { studio, scenes, layouts, sources } = view;

  const addError = useCallback((label: string, error: unknown) => {
    const notice = { id: nextNotice.current++, text: `${label}: ${inWords(error)}` };
    setNotices((old) => [...old.slice(1 - MAX_NOTICES), notice]);
  }, []);
  const [queue] = useState(() => new ActionQueue({ onBusy: setBusy, onError: addError }));

  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);

  const isRunning = studio?.running ?? false;
  const sceneOf = (kind: Scene['kind']): Scene | undefined => scenes.find((scene) => scene.kind === kind);
  const pvw = sceneOf('pvw');
  const pgm = sceneOf('pgm');
  const layoutOf = (scene: Scene | undefined): Layout | undefined =>
    isRunning ? layouts.find((layout) => layout.id === scene?.layoutId) : undefined;

  const pick = (layout: Layout, index: number): void => {
    if (!studio || !pvw) {
      addError(`Layout ${index + 1}`, new Error('the studio has no preview; start it first'));
      return;
    }
    const params = { CasterId: studio.id, SceneId: pvw.id, LayoutId: layout.id };
    const run = async (): Promise<void> => {
      await call('UpdateCasterSceneConfig', params);
      await view.refreshScenes();
    };
    queue.add({ label: `Layout ${index + 1}`, kind: 'layout', run });
  };

  const take = (): void => {
    if (!studio || !pvw || !pgm || !isRunning) {
      addError('TAKE', new Error('the studio is not running'));
      return;
    }
    const params = { CasterId: studio.id, FromSceneId: pvw.id, ToSceneId: pgm.id };
    const run = async (): Promise<void> => {
      await call('CopyCasterSceneConfig', params);
      await view.refreshScenes();
    };
    queue.add({ label: 'TAKE', kind: 'take', run });
  };

  const change = (action: 'StartCaster' | 'StopCaster'): void => {
    if (!studio) return;
    const params = { CasterId: studio.id };
    const run = async (): Promise<void> => {
      await call(action, params);
      await view.refresh();
    };
    queue.add({ label: action === 'StartCaster' ? 'Start' : 'Stop', kind: action, run });
  };

  const desk = useRef({ pick, take, layouts, isRunning });
  desk.current = { pick, take, layouts, isRunning };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const meaning = keyMeaning(event);
      if (!meaning || isField(event.target) || document.querySelector('dialog[open]')) return;
      // A button that was reached by keyboard keeps Space and Enter for itself.
      if (meaning.kind === 'take' && isControl(event.target)) return;
      event.preventDefault();
      const { pick, take, layouts, isRunning } = desk.current;
      const layout = meaning.kind === 'layout' ? layouts[meaning.index] : undefined;
      if (meaning.kind === 'take') take();
      else if (layout && isRunning) pick(layout, meaning.index);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const idleText = studio ? 'The studio is not running.' : 'No studio.';
  const monitors = (['pvw', 'pgm'] as const).map((kind) => {
    const scene = sceneOf(kind);
    const isOn = isRunning && scene?.on === true;
    return (
      <Monitor
        key={kind}
        kind={kind}
        title={kind === 'pvw' ? 'Preview' : 'Programme'}
        url={isOn ? scene.whepUrl : null}
        idleText={isRunning && kind === 'pvw' && scene && !scene.on ? 'The preview is off.' : idleText}
        aspect={view.aspect}
        hasSound={kind === 'pgm'}
      />
    );
  });

  return (
    <div className="desk">
      <StudioBar
        studios={view.studios}
        studio={studio}
        onAirFor={studio?.startedAt ? duration(now - studio.startedAt) : ''}
        busy={busy}
        onChoose={setChosen}
        onStart={() => change('StartCaster')}
        onStop={() => change('StopCaster')}
      />
      <Notices
        notices={notices}
        contact={view.contact}
        onDismiss={(id) => setNotices((old) => old.filter((notice) => notice.id !== id))}
      />
      <main>
        <div className="monitors">{monitors}</div>
        <div className="switcher">
          <section className="layouts" aria-label="Layouts">
            <LayoutTiles
              layouts={layouts}
              sources={sources}
              pvwLayoutId={layoutOf(pvw)?.id ?? null}
              pgmLayoutId={layoutOf(pgm)?.id ?? null}
              aspect={view.aspect}
              disabled={!isRunning}
              onPick={pick}
            />
          </section>
          {/* Not `disabled` while busy: a click then waits its turn instead of being swallowed by the browser. */}
          <button
            type="button"
            className="take"
            data-testid="take"
            aria-label="Take preview to programme"
            aria-keyshortcuts="Space Enter"
            aria-busy={busy === 'TAKE'}
            disabled={!isRunning}
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur();
              take();
            }}
          >
            TAKE
            <small>Space</small>
          </button>
        </div>
        <div className="panels">
          <SourceList sources={sources} pvw={layoutOf(pvw)} pgm={layoutOf(pgm)} />
          <OutputList outputs={view.outputs} onError={addError} />
        </div>
      </main>
    </div>
  );
}
