/** The code of the entry points that have only types (`voice-agent-element/types/react` …): none. */
export {};
