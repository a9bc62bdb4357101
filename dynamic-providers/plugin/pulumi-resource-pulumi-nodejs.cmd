@echo off
node --heap-growing-percent=40 --max-semi-space-size=4 --require @openedx-mit/dynamic-providers/quickStart "%CD%\node_modules\@pulumi\pulumi\cmd\dynamic-provider\index.js" %*
