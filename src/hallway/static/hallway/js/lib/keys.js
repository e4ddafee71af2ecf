// The key of shortcuts: Ctrl, and ⌘ where Ctrl moves the cursor.

export const IS_APPLE = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

export const isCommand = (event) => (IS_APPLE ? event.metaKey : event.ctrlKey) && !event.altKey;
