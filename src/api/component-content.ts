/**
 * The JSON parameters of components: how each is read, laid over what was there before (or over the defaults), and shown
 * again in answers. Keys that are not given keep their value.
 */
import { z } from 'zod';
import {
  CAPTION_LANGUAGES,
  type Component,
  DEFAULT_STYLE,
  type GivenCaption,
  type GivenContent,
  type GivenLayer,
  type GivenStyle,
} from '../domain/component.js';
import { FONT_NAMES, type Position } from '../domain/desired.js';
import type { Answer } from './encode.js';
import { fault } from './errors.js';
import { REFERS } from './layers.js';
import { isUnreadable, json, jsonColor, jsonFlag, jsonList, jsonNumber, optional, type Param } from './params.js';
import { wireColor } from './view.js';

/** The one code that the reference has for unusable contents. */
const CODE = 'InvalidParameter.Malformed';
const MOST_CHARACTERS = 1024;

const number = (min: number, max: number) => jsonNumber.pipe(z.number().min(min).max(max));
const whole = (min: number, max: number) => jsonNumber.pipe(z.number().int().min(min).max(max));
const share = number(0, 1);
const sourcePosition = z.string().regex(/^RV(0[1-9]|[1-9][0-9])$/, 'must be a position from RV01 to RV99');
const language = z.enum(CAPTION_LANGUAGES);

const styleKeys = {
  SizeNormalized: jsonNumber
    .refine((size) => size === -1 || (size >= 0 && size <= 1), 'must be from 0 to 1, or -1 for unset')
    .optional(),
  BorderWidthNormalized: share.optional(),
  FontName: z.enum(FONT_NAMES).optional(),
  Color: jsonColor.optional(),
  BorderColor: z.union([z.literal('').transform(() => null), jsonColor]).optional(),
  Align: z.enum(['left', 'center', 'right']).optional(),
};

const textSchema = z.strictObject({
  Text: z
    .string()
    .transform((value) => value.replace(/\r\n?/g, '\n'))
    .refine((value) => [...value].length <= MOST_CHARACTERS, `must have at most ${MOST_CHARACTERS} characters`)
    .refine((value) => !isUnreadable(value.replaceAll('\n', ' ')), 'must not have control characters')
    .optional(),
  ...styleKeys,
});

const imageSchema = z.strictObject({
  MaterialId: z.string().max(2048).optional(),
  ImageUrl: z.string().max(2048).optional(),
});

const captionSchema = z.strictObject({
  LocationId: sourcePosition.optional(),
  SourceLan: language.optional(),
  TargetLan: z.union([z.literal('').transform(() => null), language]).optional(),
  ShowSourceLan: jsonFlag.optional(),
  Truncation: jsonFlag.optional(),
  SourceLanPerLineWordCount: whole(1, 100).optional(),
  TargetLanPerLineWordCount: whole(1, 100).optional(),
  SourceLanReservePages: whole(1, 10).optional(),
  TargetLanReservePages: whole(1, 10).optional(),
  PtsOffset: whole(-10_000, 10_000).optional(),
  WordsCount: whole(10, 50).optional(),
  WordCountPerLine: whole(1, 100).optional(),
  WordSpaceNormalized: number(-1, 1).optional(),
  LineSpaceNormalized: number(-1, 1).optional(),
  ...styleKeys,
});

const point = jsonList(share, 2).refine((list) => list.length === 2, 'needs two numbers, x and y');

const layerSchema = z.strictObject({
  HeightNormalized: share.optional(),
  WidthNormalized: share.optional(),
  PositionNormalized: point.optional(),
  /** The form of the answers. */
  PositionNormalizeds: z.strictObject({ Position: point }).optional(),
  PositionRefer: z.enum(REFERS).optional(),
  Transparency: whole(0, 255).optional(),
});

function content<T>(schema: z.ZodType<T>, sample: string): Param<T | undefined> {
  return optional(json(schema, `an object like ${sample}`, CODE));
}

export const contentParameters = {
  TextLayerContent: content(textSchema, '{"Text":"News","Color":"0xffffff","SizeNormalized":0.05}'),
  ImageLayerContent: content(imageSchema, '{"ImageUrl":"https://example.com/logo.png"}'),
  CaptionLayerContent: content(captionSchema, '{"LocationId":"RV01","SourceLan":"en"}'),
};

export const componentLayer = json(
  layerSchema,
  'an object like {"HeightNormalized":0.2,"PositionNormalized":[0.1,0.1],"PositionRefer":"topLeft"}',
  CODE,
);

type GivenText = z.infer<typeof textSchema>;
type GivenImage = z.infer<typeof imageSchema>;
type GivenCaptionKeys = z.infer<typeof captionSchema>;

/** What a call says about contents; one of them at most belongs to its component. */
export interface ContentCall {
  TextLayerContent: GivenText | undefined;
  ImageLayerContent: GivenImage | undefined;
  CaptionLayerContent: GivenCaptionKeys | undefined;
}

function styleOf(given: z.infer<z.ZodObject<typeof styleKeys>>, old: GivenStyle): GivenStyle {
  return {
    font: given.FontName ?? old.font,
    size: given.SizeNormalized ?? old.size,
    color: given.Color ?? old.color,
    borderColor: given.BorderColor === undefined ? old.borderColor : given.BorderColor,
    borderWidth: given.BorderWidthNormalized ?? old.borderWidth,
    align: given.Align ?? old.align,
  };
}

/** @param old of the same kind, or `null` for the defaults */
export function textOf(given: GivenText, old: GivenContent | null): GivenContent {
  const before = old?.kind === 'text' ? old : null;
  return {
    kind: 'text',
    text: given.Text ?? before?.text ?? '',
    style: styleOf(given, before?.style ?? DEFAULT_STYLE),
  };
}

/** @param check gives the URL in its usual form, or refuses it */
export function imageOf(given: GivenImage, old: GivenContent | null, check: (url: string) => string): GivenContent {
  if (given.MaterialId) {
    throw fault(
      CODE,
      'MaterialId names an entry of a media library, which this server does not have yet; give an ImageUrl instead.',
    );
  }
  const url = given.ImageUrl || (old?.kind === 'image' ? old.url : '');
  if (url === '')
    throw fault(CODE, 'ImageLayerContent needs an ImageUrl, the address of a png, jpg, webp, gif or apng.');
  return { kind: 'image', url: check(url) };
}

/** @param location the component's own LocationId where that names a source */
export function captionOf(
  given: GivenCaptionKeys,
  old: GivenContent | null,
  location: Position | undefined,
): GivenCaption {
  const before = old?.kind === 'caption' ? old : null;
  const source = given.LocationId ?? location ?? before?.source;
  if (source === undefined) {
    throw fault(CODE, 'CaptionLayerContent needs a LocationId, the position of the source whose speech it shows.');
  }
  const target = given.TargetLan === undefined ? before?.targetLanguage : given.TargetLan;
  return {
    kind: 'caption',
    source,
    sourceLanguage: given.SourceLan ?? before?.sourceLanguage ?? 'cn',
    targetLanguage: target ?? null,
    showSourceLanguage: given.ShowSourceLan ?? before?.showSourceLanguage ?? false,
    truncation: given.Truncation ?? before?.truncation ?? false,
    sourceLines: {
      perLine: given.SourceLanPerLineWordCount ?? given.WordCountPerLine ?? before?.sourceLines.perLine ?? 20,
      pages: given.SourceLanReservePages ?? before?.sourceLines.pages ?? 2,
    },
    targetLines: {
      perLine: given.TargetLanPerLineWordCount ?? before?.targetLines.perLine ?? 20,
      pages: given.TargetLanReservePages ?? before?.targetLines.pages ?? 2,
    },
    ptsOffset: given.PtsOffset ?? before?.ptsOffset ?? 0,
    wordSpace: given.WordSpaceNormalized ?? before?.wordSpace ?? 0,
    lineSpace: given.LineSpaceNormalized ?? before?.lineSpace ?? 0,
    wordsCount: given.WordsCount ?? before?.wordsCount ?? 35,
    style: styleOf(given, before?.style ?? DEFAULT_STYLE),
  };
}

/** Opaque, in the top left corner, in its own size. */
const NATIVE: GivenLayer = { width: 0, height: 0, x: 0, y: 0, refer: 'topLeft', transparency: 255 };

export function layerOf(given: z.infer<typeof layerSchema>, old: GivenLayer = NATIVE): GivenLayer {
  const [x = old.x, y = old.y] = given.PositionNormalized ?? given.PositionNormalizeds?.Position ?? [];
  return {
    width: given.WidthNormalized ?? old.width,
    height: given.HeightNormalized ?? old.height,
    x,
    y,
    refer: given.PositionRefer ?? old.refer,
    transparency: given.Transparency ?? old.transparency,
  };
}

function styleView(style: GivenStyle): Answer {
  return {
    SizeNormalized: style.size,
    BorderWidthNormalized: style.borderWidth,
    FontName: style.font,
    Color: wireColor(style.color),
    BorderColor: style.borderColor === null ? '' : wireColor(style.borderColor),
    Align: style.align,
  };
}

function captionView(caption: GivenCaption): Answer {
  return {
    LocationId: caption.source,
    SourceLan: caption.sourceLanguage,
    TargetLan: caption.targetLanguage ?? undefined,
    ShowSourceLan: caption.showSourceLanguage,
    Truncation: caption.truncation,
    WordCountPerLine: caption.sourceLines.perLine,
    SourceLanPerLineWordCount: caption.sourceLines.perLine,
    TargetLanPerLineWordCount: caption.targetLines.perLine,
    SourceLanReservePages: caption.sourceLines.pages,
    TargetLanReservePages: caption.targetLines.pages,
    PtsOffset: caption.ptsOffset,
    WordsCount: caption.wordsCount,
    WordSpaceNormalized: caption.wordSpace,
    LineSpaceNormalized: caption.lineSpace,
    ...styleView(caption.style),
  };
}

/** The content of a component under the name that its kind has on the wire. */
export function contentView({ content: kept }: Component): Answer {
  switch (kept.kind) {
    case 'text':
      return { TextLayerContent: { Text: kept.text, ...styleView(kept.style) } };
    case 'image':
      return { ImageLayerContent: { ImageUrl: kept.url } };
    case 'caption':
      return { CaptionLayerContent: captionView(kept) };
  }
}
