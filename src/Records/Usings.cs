global using Serment.Kernel;
