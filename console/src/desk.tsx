/** The operator's page: monitors or multiview, layouts, transition bar, sound, overlays, sources, start and stop. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Action, ActionQueue } from './action-queue.js';
import { inWords } from './api.js';
import type { DeskContext } from './desk-context.js';
import { duration } from './keys.js';
import { LayoutTiles } from './layout-tiles.js';
import { Monitor } from './monitor.js';
import { Multiview } from './multiview.js';
import { type Notice, Notices } from './notices.js';
import { OutputList } from './output-list.js';
import * as overlay from './overlay-actions.js';
import { OverlayList } from './overlay-list.js';
import { Pace } from './pace.js';
import { idleWords } from './readiness.js';
import * as scene from './scene-actions.js';
import { SoundDesk } from './sound/sound-desk.js';
import { SourceList } from './source-list.js';
import { StandbyButton } from './standby-button.js';
import { StudioBar } from './studio-bar.js';
import { shownBy, together } from './tally.js';
import { TransitionBar } from './transition-bar.js';
import { keepChoice, loadChoice, type TransitionChoice } from './transition-choice.js';
import { useDeskKeys } from './use-desk-keys.js';
import { useStudio } from './use-studio.js';
import { useTBar } from './use-tbar.js';
import type { Scene } from './wire.js';

const MAX_NOTICES = 5;
const NEEDS_DOMAIN = 'This studio has no domain yet. Set its DomainName with SetCasterConfig, then it can start.';

/** A notice stays while the desk goes on to another studio, so it names its own. */
function labelFor(studio: { readonly name: string } | undefined, label: string): string {
  return studio ? `${studio.name}, ${label}` : label;
}

export function Desk({ onSignedOut }: { onSignedOut: (why: string) => void }) {
  const [busy, setBusy] = useState<Action | null>(null);
  const [notices, setNotices] = useState<Notice[]>([]);
  const [now, setNow] = useState(() => Date.now());
  const [isMultiview, setMultiview] = useState(false);
  const [choice, setChoice] = useState(loadChoice);
  const [autoUntil, setAutoUntil] = useState(0);
  const [isSolo, setSolo] = useState(false);
  const [pace] = useState(() => new Pace(scene.TBAR_MS));
  const nextNotice = useRef(1);
  const view = useStudio(onSignedOut);
  const { studio, scenes, layouts, sources, mix } = view;

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
  useEffect(() => {
    const left = autoUntil - Date.now();
    if (left <= 0) return;
    const timer = setTimeout(() => setAutoUntil(0), left);
    return () => clearTimeout(timer);
  }, [autoUntil]);

  const isRunning = studio?.running ?? false;
  const sceneOf = (kind: Scene['kind']): Scene | undefined => scenes.find((one) => one.kind === kind);
  const layoutIdOf = (one: Scene | undefined): string | null => (one?.on ? one.layoutId : null);
  const [pvw, pgm] = [sceneOf('pvw'), sceneOf('pgm')];
  const isPreviewOff = isRunning && pvw?.on === false;
  const hasPreview = isRunning && pvw?.on === true;

  const refuse = (label: string, why: string): void => addError(labelFor(studio, label), new Error(why));
  const context: DeskContext = { view, queue, refuse };
  const tbar = useTBar(isRunning ? mix.tbar : 0, (position) => scene.moveTBar(context, choice, position, pace));
  const choose = (next: TransitionChoice): void => {
    setChoice(next);
    keepChoice(next);
  };
  const cut = (): void => scene.cut(context);
  const auto = (): void => scene.auto(context, choice, () => setAutoUntil(Date.now() + choice.durationMs));

  useDeskKeys((meaning) => {
    if (meaning.kind === 'cut') cut();
    else if (meaning.kind === 'auto') auto();
    else if (meaning.kind === 'back') tbar.release();
    else {
      const layout = layouts[meaning.index];
      if (layout && isRunning) scene.pick(context, layout, meaning.index);
    }
  });

  const [next, onAir] = [shownBy(pvw, layouts), shownBy(pgm, layouts)];
  const busyHere = busy && busy.studio.id === studio?.id ? busy : null;
  const busyWords = busyHere && busyHere.kind !== scene.TBAR_KIND ? busyHere.label : null;
  const idleText = idleWords(studio, view.gone);
  const previewSwitch = isPreviewOff && studio && (
    <button
      type="button"
      className="primary"
      data-testid="preview-on"
      disabled={busyWords === 'Switch preview on'}
      onClick={() => scene.startPreview(context, studio, pvw)}
    >
      Switch preview on
    </button>
  );
  const standbySwitch = isRunning && studio && pgm && mix.standby.status !== 'none' && (
    <StandbyButton
      key={studio.id}
      reading={mix.standby}
      onSwitch={(isOn) => scene.standby(studio, pgm, isOn)}
      onTaken={view.refreshScenes}
      onError={(error) => addError(labelFor(studio, 'STANDBY'), error)}
    />
  );
  const monitorOf = (kind: Scene['kind']) => {
    const shown = sceneOf(kind);
    return (
      <Monitor
        key={kind}
        kind={kind}
        title={kind === 'pvw' ? 'Preview' : 'Programme'}
        url={isRunning && shown?.on ? shown.whepUrl : null}
        idleText={kind === 'pvw' && isPreviewOff ? 'The preview is off.' : idleText}
        idleAction={kind === 'pvw' && previewSwitch}
        aspect={view.aspect}
        actions={kind === 'pgm' && standbySwitch}
        hasSound={kind === 'pgm'}
        isHushed={isSolo}
      />
    );
  };

  return (
    <div className="desk">
      <StudioBar
        studios={view.studios}
        studio={studio}
        placeholder={view.studios === null ? 'loading' : view.gone ? 'choose a studio' : 'no studio yet'}
        onAirFor={studio?.startedAt ? duration(now - studio.startedAt) : ''}
        busy={busyWords}
        isMultiview={isMultiview}
        onMultiview={setMultiview}
        onChoose={view.choose}
        onStart={(one) => scene.change(context, 'StartCaster', one)}
        onStop={(one) => scene.change(context, 'StopCaster', one)}
      />
      <Notices
        notices={notices}
        contact={view.contact}
        hint={studio && view.needsDomain ? NEEDS_DOMAIN : ''}
        onDismiss={(id) => setNotices((old) => old.filter((notice) => notice.id !== id))}
      />
      <main>
        {/* The programme stays the same element in both views: it goes on playing, and being heard. */}
        <div className={`monitors${isMultiview ? ' multi' : ''}`}>
          {isMultiview ? (
            <Multiview
              key="multiview"
              studio={studio}
              idleText={idleText}
              onPick={(tile) => scene.showSource(context, tile)}
            />
          ) : (
            monitorOf('pvw')
          )}
          {monitorOf('pgm')}
        </div>
        <div className="switcher">
          <section className="layouts" aria-label="Layouts">
            <LayoutTiles
              layouts={layouts}
              sources={sources}
              pvwLayoutId={layoutIdOf(pvw)}
              pgmLayoutId={layoutIdOf(pgm)}
              aspect={view.aspect}
              disabled={!isRunning}
              onPick={(layout, index) => scene.pick(context, layout, index)}
            />
          </section>
          <TransitionBar
            choice={choice}
            onChoose={choose}
            busy={busyHere?.kind ?? null}
            isAutoRunning={autoUntil > 0}
            isRunning={isRunning}
            hasPreview={hasPreview}
            hasStudio={studio !== undefined}
            isBlack={mix.isBlack}
            tbar={tbar}
            onCut={cut}
            onAuto={auto}
            onFadeToBlack={(isBlack) => studio && scene.fadeToBlack(context, studio, isBlack)}
          />
        </div>
        <SoundDesk view={view} onError={(label, error) => addError(labelFor(studio, label), error)} onSolo={setSolo} />
        <div className="panels">
          <SourceList
            sources={sources}
            pvw={next}
            pgm={tbar.position > 0 ? together(onAir, next) : onAir}
            onFile={
              studio && view.hasChannels
                ? (source, command) => overlay.commandFile(context, studio, source, command)
                : null
            }
          />
          <OverlayList
            components={view.components}
            inPreview={pvw?.on ? pvw.components : []}
            inProgramme={pgm?.on ? pgm.components : []}
            onAir={mix.keys}
            isRunning={isRunning}
            hasStudio={studio !== undefined}
            onPreview={(component, isIn) => overlay.previewComponent(context, component, isIn)}
            onKey={(component, isOn) => studio && overlay.keyComponent(context, studio, component, isOn)}
            onAdd={async (made) => {
              if (!studio) return false;
              try {
                await overlay.addComponent(context, studio, made);
                return true;
              } catch (error) {
                addError(labelFor(studio, 'New overlay'), error);
                return false;
              }
            }}
            onDelete={(component) => studio && overlay.deleteComponent(context, studio, component)}
            onCaption={(component, text) => studio && overlay.sendCaption(context, studio, component, text)}
          />
          <OutputList outputs={view.outputs} onError={addError} />
        </div>
      </main>
    </div>
  );
}
