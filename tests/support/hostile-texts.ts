/** Texts that try to be more than text (fault cases 52 and 53): each must appear unchanged and have no effect. */
export const MARKUP: readonly string[] = [
  '<img src="https://beacon.example/pixel.png" onerror="window.pwned = true">',
  '<svg onload="window.pwned = true"><animate onbegin="window.pwned = true" attributeName="x" dur="1s"></svg>',
  '<script>window.pwned = true</script>',
  '</p></div><script>window.pwned = true</script>',
  '<iframe srcdoc="<script>parent.pwned = true</script>"></iframe>',
  '<style>@import "https://beacon.example/style.css"; * { display: none }</style>',
  '<a href="javascript:window.pwned=true">click</a> <a href="java\tscript:window.pwned=true">me</a>',
  '![a picture](https://beacon.example/picture.png) [a link](javascript:window.pwned=true)',
  '<link rel="stylesheet" href="https://beacon.example/style.css"><base href="https://beacon.example/">',
  '<meta http-equiv="refresh" content="0;url=https://beacon.example/">',
  '<form action="https://beacon.example/"><input autofocus onfocus="window.pwned = true"></form>',
  '<math><mtext><table><mglyph><style><!--</style><img src=x onerror="window.pwned = true">-->',
  '&lt;img src=x onerror=window.pwned=true&gt; &#60;script&#62;',
  '<!-- --!><img src=x onerror="window.pwned = true"> -->',
  '${window.pwned = true} {{constructor.constructor("window.pwned = true")()}} <?lit$123$?>',
  '__proto__ constructor toString hasOwnProperty',
  '{"__proto__": {"pwned": true}}',
];

/** Unclosed direction marks that would reverse or hide the following text. */
export const DIRECTION: readonly string[] = [
  'Amount: \u202e00.01\u202d dollars',
  '\u2067\u2067\u2067 open isolates and \u202b an open embedding',
  '\u202etxet desrever',
  'zero\u200bwidth\u200djoiner\ufefftext',
  'שלום world \u202e(abc)',
];
