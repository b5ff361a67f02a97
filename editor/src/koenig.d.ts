// The part of Koenig that we use; it ships no types (see src/components in its source map).
declare module "@tryghost/koenig-lexical" {
  import type { ComponentType, ReactNode } from "react";

  type Composer = ComponentType<{
    initialEditorState?: string | undefined;
    nodes?: readonly unknown[];
    onError?: (error: unknown) => void;
    fileUploader?: object;
    cardConfig?: object;
    darkMode?: boolean;
    isTKEnabled?: boolean;
    children?: ReactNode;
  }>;
  type Editor = ComponentType<{
    onChange?: (state: object) => void;
    onBlur?: () => void;
    onFocus?: () => void;
    registerAPI?: (api: never) => void;
    cursorDidExitAtTop?: () => void;
    placeholderText?: string;
    placeholderClassName?: string;
    className?: string;
    markdownTransformers?: unknown;
    singleParagraph?: boolean;
    isDragEnabled?: boolean;
    isSnippetsEnabled?: boolean;
    inheritStyles?: boolean;
    hiddenFormats?: string[];
    dataTestId?: string;
    children?: ReactNode;
  }>;

  export const KoenigComposer: Composer;
  export const KoenigEditor: Editor;
  export const KoenigComposableEditor: Editor;
  export const HtmlOutputPlugin: ComponentType<{ html?: string; setHtml: (html: string) => void }>;
  export const WordCountPlugin: ComponentType<{ onChange: (count: number) => void }>;
  export const TKCountPlugin: ComponentType<{ onChange: (count: number) => void }>;
  export const MINIMAL_NODES: readonly unknown[];
  export const MINIMAL_TRANSFORMERS: unknown;
}

declare module "*.css";
