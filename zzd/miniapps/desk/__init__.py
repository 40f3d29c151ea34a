"""The workbench as one official has it, the frame an app is shown in, and how apps are used."""
