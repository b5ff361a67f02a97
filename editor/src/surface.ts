// React and Ghost's editing surface in one file, under the names by which the page imports them.
import "../node_modules/@tryghost/koenig-lexical/dist/style.css";

export {
  Component,
  Fragment,
  memo,
  useCallback,
  useDeferredValue,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
export { jsx, jsxs } from "react/jsx-runtime";
export { createRoot } from "react-dom/client";
export {
  HtmlOutputPlugin,
  KoenigComposableEditor,
  KoenigComposer,
  KoenigEditor,
  MINIMAL_NODES,
  MINIMAL_TRANSFORMERS,
  TKCountPlugin,
  WordCountPlugin,
} from "@tryghost/koenig-lexical";
