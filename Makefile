build: ; npx tsc -p tsconfig.json
