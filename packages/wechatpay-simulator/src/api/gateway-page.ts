/** What the web server in front of the API answers to a path it does not know, byte for byte (vector "gateway 404 html"). */
export const NOT_FOUND_PAGE = [
  '<html>',
  '<head><title>404 Not Found</title></head>',
  '<body bgcolor="white">',
  '<center><h1>404 Not Found</h1></center>',
  '<hr><center>nginx</center>',
  '</body>',
  '</html>',
  '',
].join('\r\n');
