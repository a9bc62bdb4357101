@echo off
setlocal
for /f "delims=" %%i in ('node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')"') do set script=%%i
if defined script node --require @openedx-mit/dynamic-providers/quickStart "%script%" %*
