@echo off
node --require @openedx-mit/dynamic-providers/quickStart "%CD%\node_modules\@pulumi\pulumi\cmd\dynamic-provider\index.js" %*
