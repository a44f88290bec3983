"""The command line: `xespeech VERB ...`, one module per verb, each imported only when its verb is used."""
