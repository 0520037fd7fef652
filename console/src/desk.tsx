/** The operator's page: monitors, layouts, TAKE, start and stop. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Action, ActionQueue } from './action-queue.js';
import { call, inWords } from './api.js';
import { duration, keyMeaning } from './keys.js';
import { LayoutTiles } from './layout-tiles.js';
import { Monitor } from './monitor.js';
import { type Notice, Notices } from './notices.js';
import { OutputList } from './output-list.js';
import { idleWords, readinessOf } from './readiness.js';
import { SourceList } from './source-list.js';
import { StudioBar } from './studio-bar.js';
import { shownBy } from './tally.js';
import { loadScenes, useStudio } from './use-studio.js';
import type { Layout, Scene, Studio } from './wire.js';

const MAX_NOTICES = 5;
const NEEDS_DOMAIN = 'This studio has no domain yet. Set its DomainName with SetCasterConfig, then it can start.';

/** A notice stays while the desk goes on to another studio, so it names its own. */
function labelFor(studio: { readonly name: string } | undefined, label: string): string {
  return studio ? `${studio.name}, ${label}` : label;
}

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
  const [busy, setBusy] = useState<Action | null>(null);
  const [notices, setNotices] = useState<Notice[]>([]);
  const [now, setNow] = useState(() => Date.now());
  const nextNotice = useRef(1);
  const view = useStudio(onSignedOut);
  const { studio, scenes, layouts, sources } = view;

  const addError = useCallback((label: string, error: unknown) => {
    const notice = { id: nextNotice.current++, text: `${label}: ${inWords(error)}` };
    // Said again it is not another trouble.
    setNotices((old) => [...old.filter(({ text }) => text !== notice.text).slice(1 - MAX_NOTICES), notice]);
  }, []);
  const [queue] = useState(() => {
    const onError = (action: Action, error: unknown): void => addError(labelFor(action.studio, action.label), error);
    return new ActionQueue({ onBusy: setBusy, onError });
  });

  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);

  const isRunning = studio?.running ?? false;
  const ready = readinessOf(studio, scenes);
  const sceneOf = (kind: Scene['kind']): Scene | undefined => scenes.find((scene) => scene.kind === kind);
  const layoutIdOf = (scene: Scene | undefined): string | null => (scene?.on ? scene.layoutId : null);
  const [pvw, pgm] = [sceneOf('pvw'), sceneOf('pgm')];
  const isPreviewOff = isRunning && pvw?.on === false;

  const refuse = (label: string, why: string): void => addError(labelFor(studio, label), new Error(why));

  // Every action keeps the ids of the moment in which it was asked for; it may have to wait.
  const pick = (layout: Layout, index: number): void => {
    const label = `Layout ${index + 1}`;
    if (!ready.isReady) {
      refuse(label, ready.why);
      return;
    }
    const { studio, pvw } = ready;
    const run = async (): Promise<void> => {
      // Another client may have switched the preview off since; the pick would change the programme then.
      const { scenes } = await loadScenes(studio.id);
      if (!scenes.some(({ id, on }) => id === pvw.id && on)) throw new Error('the preview is off');
      await call('UpdateCasterSceneConfig', { CasterId: studio.id, SceneId: pvw.id, LayoutId: layout.id });
      await view.refreshScenes();
    };
    queue.add({ label, kind: 'layout', studio, run });
  };

  const take = (): void => {
    if (!ready.isReady) {
      refuse('TAKE', ready.why);
      return;
    }
    const { studio, pvw, pgm } = ready;
    const run = async (): Promise<void> => {
      await call('CopyCasterSceneConfig', { CasterId: studio.id, FromSceneId: pvw.id, ToSceneId: pgm.id });
      await view.refreshScenes();
    };
    queue.add({ label: 'TAKE', kind: 'take', studio, run });
  };

  const startPreview = (studio: Studio, scene: Scene): void => {
    const run = async (): Promise<void> => {
      await call('StartCasterScene', { CasterId: studio.id, SceneId: scene.id });
      await view.refreshScenes();
    };
    queue.add({ label: 'Switch preview on', kind: 'StartCasterScene', studio, run });
  };

  const change = (action: 'StartCaster' | 'StopCaster', studio: Studio): void => {
    const run = async (): Promise<void> => {
      await call(action, { CasterId: studio.id });
      await view.refresh();
    };
    queue.add({ label: action === 'StartCaster' ? 'Start' : 'Stop', kind: action, studio, run });
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

  const busyHere = busy && busy.studio.id === studio?.id ? busy.label : null;
  const idleText = idleWords(studio, view.gone);
  const previewSwitch = isPreviewOff && studio && (
    <button
      type="button"
      className="primary"
      data-testid="preview-on"
      disabled={busyHere === 'Switch preview on'}
      onClick={() => startPreview(studio, pvw)}
    >
      Switch preview on
    </button>
  );
  const monitors = (['pvw', 'pgm'] as const).map((kind) => {
    const scene = sceneOf(kind);
    const isOn = isRunning && scene?.on === true;
    return (
      <Monitor
        key={kind}
        kind={kind}
        title={kind === 'pvw' ? 'Preview' : 'Programme'}
        url={isOn ? scene.whepUrl : null}
        idleText={kind === 'pvw' && isPreviewOff ? 'The preview is off.' : idleText}
        idleAction={kind === 'pvw' && previewSwitch}
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
        placeholder={view.studios === null ? 'loading' : view.gone ? 'choose a studio' : 'no studio yet'}
        onAirFor={studio?.startedAt ? duration(now - studio.startedAt) : ''}
        busy={busyHere}
        onChoose={view.choose}
        onStart={(studio) => change('StartCaster', studio)}
        onStop={(studio) => change('StopCaster', studio)}
      />
      <Notices
        notices={notices}
        contact={view.contact}
        hint={studio && view.needsDomain ? NEEDS_DOMAIN : ''}
        onDismiss={(id) => setNotices((old) => old.filter((notice) => notice.id !== id))}
      />
      <main>
        <div className="monitors">{monitors}</div>
        <div className="switcher">
          <section className="layouts" aria-label="Layouts">
            <LayoutTiles
              layouts={layouts}
              sources={sources}
              pvwLayoutId={layoutIdOf(pvw)}
              pgmLayoutId={layoutIdOf(pgm)}
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
            aria-busy={busyHere === 'TAKE'}
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
          <SourceList sources={sources} pvw={shownBy(pvw, layouts)} pgm={shownBy(pgm, layouts)} />
          <OutputList outputs={view.outputs} onError={addError} />
        </div>
      </main>
    </div>
  );
}
